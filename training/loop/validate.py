"""How well a model knows songs that it never saw, quickly: the same few windows each time, as `charge` counts."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from transformers import Olmo2ForCausalLM

from copilot.codec.charge import FIGURES, ratios, tally
from copilot.codec.words import WordTable
from training.windows.batches import IGNORED, Batch, BatchMaker

_SEED_STEP = 0
_ROWS = 4
"""Windows a pass: logits of 4 windows of 1,024 are 25 MB at 1,536 ids."""

_NAMES = {
    "nats_per_token": "val_nats",
    "bits_per_note": "val_bits_per_note",
    "part_bits_per_note": "val_own_bits_per_note",
}


class Validator:
    """Measures a model on the same windows each time."""

    def __init__(self, batches: BatchMaker, table: WordTable, windows: int, time: int) -> None:
        self._batch: Batch = batches.batch(_SEED_STEP, windows, time)
        self._table = table

    @torch.no_grad()
    def measure(self, model: Olmo2ForCausalLM) -> dict[str, float]:
        """`val_nats` an id, `val_bits_per_note` over all parts, `val_own_bits_per_note` of the copilot's part.

        The definitions are those of `copilot.codec.charge`; a figure with nothing to divide by is 0.
        """
        nats = torch.cat([_nats(model, ids, targets) for ids, targets in self._rows()]).double().numpy()
        rows = zip(nats, self._batch.owners, self._batch.words, strict=True)
        sums = np.sum([tally(*row, self._table).row() for row in rows], axis=0)
        figures = dict(zip(FIGURES, np.nan_to_num(ratios(sums)).tolist(), strict=True))
        return {ours: round(figures[name], 4) for name, ours in _NAMES.items()}

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
