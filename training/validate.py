"""How well a model knows songs that it never saw: nats an id, bits a note, and channel 0's share of both."""

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from transformers import Olmo2ForCausalLM

from copilot.codec.words import WordTable
from training.batches import IGNORED, Batch, BatchMaker
from training.windows import owner_channels

_SEED_STEP = 0
_ROWS = 4
"""Windows a pass: logits of 4 windows of 1,024 are 25 MB at 1,536 ids."""


class Validator:
    """Measures a model on the same windows each time."""

    def __init__(self, batches: BatchMaker, table: WordTable, windows: int, time: int) -> None:
        self._batch: Batch = batches.batch(_SEED_STEP, windows, time)
        self._notes, self._own, self._own_notes = _owners(self._batch, table)

    @torch.no_grad()
    def measure(self, model: Olmo2ForCausalLM) -> dict[str, float]:
        """`val_nats` an id, `val_bits_per_note` over all parts, `val_own_bits_per_note` of the copilot's part.

        The last is the cost of channel 0's words (velocity, note-ons, note-offs) over its notes; what time
        words between say of when it plays is in the joint figure.
        """
        nats = torch.cat([_nats(model, ids, targets) for ids, targets in self._rows()]).double().numpy()
        learnt = (self._batch.targets != IGNORED).numpy()
        own = float(nats[self._own].sum()) / math.log(2) / max(1, self._own_notes)
        return {
            "val_nats": round(float(nats.sum() / learnt.sum()), 4),
            "val_bits_per_note": round(float(nats.sum()) / math.log(2) / max(1, self._notes), 4),
            "val_own_bits_per_note": round(own, 4),
        }

    def _rows(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        ids, targets = torch.split(self._batch.ids, _ROWS), torch.split(self._batch.targets, _ROWS)
        return list(zip(ids, targets, strict=True))


def _nats(model: Olmo2ForCausalLM, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The cost of each target: float32 (windows, time), 0 for padding."""
    device = next(model.parameters()).device
    with torch.autocast(device.type, dtype=torch.bfloat16):
        logits = model(input_ids=ids.to(device), use_cache=False).logits
    nats = F.cross_entropy(
        logits.flatten(0, 1).float(), targets.to(device).flatten(), reduction="none", ignore_index=IGNORED
    )
    return nats.view(targets.shape).cpu()


def _owners(batch: Batch, table: WordTable) -> tuple[int, np.ndarray, int]:
    """Notes among the targets; which targets are channel 0's, bool (windows, time); and channel 0's notes."""
    own = np.zeros(batch.owners.shape, dtype=np.bool_)
    notes = own_notes = 0
    for row, words in enumerate(batch.words):
        owners = batch.owners[row]
        channels = owner_channels(words, table)
        own[row] = (owners >= 0) & (channels[owners] == 0)
        reached = words[np.unique(owners[owners >= 0])]
        notes += int((reached >= table.on_0).sum())
        own_notes += int(((reached >= table.on_0) & (reached < table.on_0 + 128)).sum())
    return notes, own, own_notes
