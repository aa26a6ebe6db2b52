"""What few bits cost: held-out bits by the shipped model in int8 and int4, beside float32. Never fails.

    python tests/bench/bench_accuracy.py [FOLDER]

FOLDER defaults to ../shared/data/jam-examples: pieces that no training saw. Each is one window, teacher-forced, token
by token, as on stage. tests/decode/test_accuracy.py holds the sum to a bound.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from copilot.decode.decoder import Decoder
from copilot.decode.kinds import WeightKind
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.music.midifile import read_score

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "jam-examples"


def bits(decoder: Decoder, ids: Sequence[int]) -> float:
    """What all ids but the first cost."""
    nats, logits = 0.0, decoder.rebase(ids[:1]).astype(np.float64)
    for token in ids[1:]:
        top = logits.max()
        nats += top + np.log(np.exp(logits - top).sum()) - logits[token]
        logits = decoder.append([token]).astype(np.float64)
    return nats / np.log(2)


def bits_of_piece(path: Path, most_tokens: int, kind: WeightKind = "int8") -> tuple[int, float, float]:
    """Tokens of a piece's beginning, and its bits by float32 and by weights of another kind."""
    bundle = Bundle.open(default_bundle_path())
    ids = bundle.codec.encode(read_score(path))[: min(most_tokens, bundle.window)]
    loaded: list[WeightKind] = ["float", kind]
    floats, rounded = (
        bits(NumbaDecoder.load(bundle.path, bundle.window, weights=each), ids) for each in loaded
    )
    return len(ids), floats, rounded


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    sums = np.zeros(4)
    print(f"{'':<60}{'tokens':>8}{'bits, f32':>11}{'int8 costs':>12}{'int4 costs':>12}")
    for path in sorted(folder.glob("*.mid")):
        row = [*bits_of_piece(path, sys.maxsize), bits_of_piece(path, sys.maxsize, "int4")[2]]
        sums += row
        print(_line(path.stem[:58], row))
    print(_line("all", sums.tolist()))


def _line(name: str, row: Sequence[float]) -> str:
    tokens, floats, *rounded = row
    return f"{name:<60}{tokens:>8,.0f}{floats:>11,.0f}" + "".join(
        f"{bits / floats - 1:>12.2%}" for bits in rounded
    )


if __name__ == "__main__":
    main()
