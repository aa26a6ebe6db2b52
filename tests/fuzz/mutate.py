"""Random bytes, and what is almost well-formed: a plain mutator, for hypothesis takes a hundred times as long."""

import random
from collections.abc import Iterator

_WORDS = (
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\0\0\0\0",
    b"\xff",
    b"\x80",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b'"',
    b"\\ud800",
    b"[",
    b"{",
    b"}",
    b"]",
    b",",
    b":",
    b"=",
    b"\r\n",
    b"0",
    b"-1",
    b"1e999",
    b"1e308",
    b"NaN",
    b"null",
    b"true",
    b"18446744073709551616",
    b"9" * 330,
    b"[" * 200,
    b'{"a":' * 60,
)
"""Numbers at their ends, in either order of bytes and as text, and what formats of text are made of."""

_CHANGES = (0, 1, 1, 1, 2, 2, 3, 4, 6, 12)
_KINDS = 10


def inputs(seeds: tuple[bytes, ...], words: tuple[bytes, ...], most_bytes: int, seed: int) -> Iterator[bytes]:
    """Without end; the same for the same arguments."""
    rng = random.Random(seed)
    chance, choice = rng.random, rng.choice
    words = words * max(1, len(_WORDS) // max(1, len(words))) + _WORDS
    while True:
        if chance() < 0.05:
            yield rng.randbytes(int(chance() ** 2 * 256))
            continue
        data = bytearray(choice(seeds))
        for _ in range(choice(_CHANGES)):
            _change(data, rng, seeds, words, most_bytes)
        del data[most_bytes:]
        yield bytes(data)


def _change(
    data: bytearray, rng: random.Random, seeds: tuple[bytes, ...], words: tuple[bytes, ...], most_bytes: int
) -> None:
    chance = rng.random
    at = int(chance() * (len(data) + 1))
    until = at + int(chance() ** 3 * 64) + 1
    match int(chance() * _KINDS):
        case 0 if at < len(data):
            data[at] ^= 1 << int(chance() * 8)
        case 1 if at < len(data):
            data[at] = int(chance() * 256)
        case 2:
            del data[at:until]
        case 3:
            data[at:at] = rng.randbytes(until - at)
        case 4:
            data[at:at] = rng.choice(words)
        case 5:
            word = rng.choice(words)
            data[at : at + len(word)] = word
        case 6:  # a piece twice, elsewhere
            piece = data[at:until]
            to = int(chance() * (len(data) + 1))
            data[to:to] = piece
        case 7 if chance() < 0.2:  # a piece many times: what takes long with the length of its input
            repeated = data[at:until] or rng.choice(words)
            data[at:at] = repeated * int(1 + chance() * most_bytes / len(repeated))
        case 8:  # another one from there on
            other = rng.choice(seeds)
            data[at:] = other[int(chance() * (len(other) + 1)) :]
        case 9 if at < len(data):
            data[at] = (data[at] + (1 if chance() < 0.5 else -1)) & 0xFF
