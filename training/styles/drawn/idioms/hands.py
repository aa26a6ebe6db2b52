"""Manners, sounds and shares that the idioms of pop, dance and soul have in common."""

from training.styles.drawn.idioms.model import Comp
from training.styles.drawn.idioms.rhythms import (
    EIGHTHS,
    QUARTERS,
    SIXTEENTHS,
)  # fmt: skip

CLAP, TAMBOURINE, SHAKER, CONGA_LOW, CONGA_HIGH = 39, 54, 70, 64, 63
HOLD = Comp("hold", (), (0.95, 1.0), 3, 0, 60)
PAD = (HOLD, Comp("hold", (), (0.95, 1.0), 4, 0, 56))
BLOCKS = Comp("block", (QUARTERS, "9. .9 .9 ..", "9. .9 .9 .5", "9. .5 9. .5"), (0.75, 0.97))
HANDS = Comp("block", ("c. 9. b. 9.", "c. .9 b9 .9", "c. 9. 9. 9f", "c. .9 .9 b."), (0.8, 1.0), 3, 4, 70)
ARP = Comp("arp", (EIGHTHS, "99 97 99 97"), (0.9, 1.0), 4, 2, 66)
STRUM = Comp(
    "block",
    ("9. 95 .9 95", "9... 9.75 ..95 9.75", "9. 9. .9 9.", "9.7. 9.75 .59. 9.75"),
    (0.6, 0.95),
    4,
    0,
    70,
)
MUTED = Comp("power", (EIGHTHS,), (0.35, 0.5), velocity=66)
CHOPS = Comp("block", (".9 .. .9 ..", ".. 9. .. 9.", "...7 9..5 ...7 9..5"), (0.2, 0.4), 3, 5, 74)
SCRATCH = Comp(
    "block", ("9.59 .59. 9.59 .5.9", ".59. 7.95 .59. 7.95", "9..9 ..9. .9.. 9.5."), (0.4, 0.6), 3, 5, 72
)
SYNTH = Comp("arp", (SIXTEENTHS, "9999 9999 9999 9999", "9.99 9.99 9.99 9.99"), (0.4, 0.7), 4, 5, 66)
PROGRAMS = {
    "drums": (0, 8, 25), "bass": (33, 34, 38), "keys": (0, 1, 4, 5), "keys 2": (81, 16, 11),
    "guitar": (27, 25, 28),
    "guitar 2": (25, 27), "pad": (89, 48, 50), "lead": (80, 81, 53, 65, 73), "lead 2": (52, 56),
}  # fmt: skip
SHARES = {
    "keys": 0.85,
    "guitar": 0.65,
    "keys 2": 0.25,
    "guitar 2": 0.2,
    "pad": 0.5,
    "lead": 0.75,
    "lead 2": 0.15,
}
LATIN_PROGRAMS = {
    "drums": (0,), "bass": (32, 33), "keys": (0, 4), "keys 2": (16, 11), "guitar": (24, 25),
    "guitar 2": (24, 27), "pad": (48, 49),
    "lead": (73, 56, 66, 57), "lead 2": (57, 65),
}  # fmt: skip
LATIN_SHARES = {
    "keys": 0.8,
    "guitar": 0.5,
    "lead": 0.7,
    "lead 2": 0.3,
    "pad": 0.15,
    "guitar 2": 0.05,
    "keys 2": 0.05,
}
LOOPS = (
    "pop-I-V-vi-IV",
    "pop-vi-IV-I-V",
    "pop-I-vi-IV-V",
    "pop-i-VI-III-VII",
    "pop-canon",
    "pop-royal-road",
)
SOULFUL = {"major": 4, "minor": 3, "dorian": 2, "mixolydian": 1}
