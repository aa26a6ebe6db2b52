"""What the real part costs a model: the same as by the model itself, whatever plays it."""

import numpy as np
import pytest
import torch

from copilot.codec.charge import tally
from copilot.codec.passages import Windows
from copilot.commands.evaluate import EXAMPLE
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.music.midifile import read_score
from copilot.music.roles import Role
from copilot.scoreboard.bits import cost_of_part, words_of
from copilot.scoreboard.hold_out import hold_out_role


@pytest.mark.parametrize("part", ["bass", "drums"])
def test_the_cost_is_the_models_own(part: Role) -> None:
    """Every note of the part is paid for, and the sum is that of torch in float32, to the decoder's rounding."""
    case = hold_out_role(read_score(EXAMPLE), part, 12)
    bundle = Bundle.open(default_bundle_path())
    cost = cost_of_part(case, bundle)
    assert cost.part_notes == len(case.held.notes)
    windows = Windows(bundle.codec.vocab, bundle.window)
    stream = windows.stream_of(words_of(case, bundle.codec.vocab))
    model, nats = bundle.load_model(), np.zeros(len(stream.ids))
    for passage in windows.passages(stream):
        ids = torch.from_numpy(passage.ids)
        with torch.inference_mode():
            logits = model(input_ids=ids[None, :-1]).logits[0, -passage.new :]
        costs = torch.nn.functional.cross_entropy(logits, ids[-passage.new :], reduction="none")
        nats[passage.at : passage.at + passage.new] = costs.numpy()
    exact = tally(nats, stream.owners, stream.words, windows.table)
    assert cost.part_nats == pytest.approx(exact.part_nats, rel=0.02)
    assert cost.nats == pytest.approx(exact.nats, rel=0.02)
