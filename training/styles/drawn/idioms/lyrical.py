"""Ambient, classical and game music."""

from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    BACKBEAT,
    EIGHTHS,
    OFFBEATS,
    QUARTERS,
    SIXTEENTHS,
    SUNG,
    SUNG_3,
    SUNG_SLOW,
)
from training.styles.drums import HAT, OPEN_HAT, RIDE, SNARE, STICK

_HOLD = Comp("hold", (), (0.97, 1.0), 4, 0, 54)
_HIGH_HOLD = Comp("hold", (), (0.97, 1.0), 3, 7, 52)
_ALBERTI = Comp("arp", (EIGHTHS, "9999 9999 9999 9999"), (0.8, 1.0), 3, 0, 62)
_PULSE = Comp("block", (EIGHTHS, QUARTERS, "9. 99 9. 99"), (0.4, 0.7), 3, 0, 62)
_AMBIENT_FORMS = ("AABA", "ABA", "AB", "AAB", "iABA")
_STRINGS = (48, 49, 45)

IDIOMS: dict[str, Idiom] = {
    "ambient": Idiom(
        kits=(
            Kit(
                ("9. .. .. ..", "9. .. .3 .."), (".. .. .. ..", ".. .. 9. ..", ".. .. .. 9."),
                ("9. .. 9. ..", "5. 5. 5. 5.", EIGHTHS), RIDE, RIDE, STICK, soft=0.66,
                more=(Voice(70, ".5 .5 .5 .5", 38, 0.4),), fill=(RIDE,),
            ),
        ),
        bass=("r. .. .. ..", "r. .. .. .. .. .. .. ..", "r. .. f. ..", "r. .. .. 5."),
        comps={
            "pad": (_HOLD, _HIGH_HOLD),
            "keys": (
                Comp("arp", ("9. 5. 7. 5.", "9. .5 .. 5.", "95 55 75 55"), (1.0, 1.0), 4, 5, 56),
                Comp("block", ("9. .. .. ..", "9. .. .. .5"), (0.95, 1.0), 4, 3, 54),
            ),
            "guitar": (Comp("arp", ("9. 5. 7. 5.", "75 55 75 55"), (1.0, 1.0), 4, 4, 56),),
        },
        melody=(
            "8... .... 5... .... 6... .... .... ....", "..5. .... 8... .... 5... .... .... ....",
            "8. .. .5 .. 6. .. .. ..",
        ),
        modes={"major": 4, "minor": 3, "dorian": 3, "mixolydian": 2}, colours=("sevenths", "triads"),
        paces={"long": 5, "even": 1}, forms=_AMBIENT_FORMS, p_dominant=0.0, gate=(0.95, 1.0), lead_lift=3,
        loudness=0.78, bars=(8,),
        shares={"drums": 0.75, "pad": 1.0, "keys": 0.7, "keys 2": 0.3, "guitar": 0.35, "lead": 0.5},
        programs={
            "drums": (24, 40), "bass": (38, 33, 89), "pad": (88, 89, 91, 92, 94, 95),
            "keys": (4, 11, 10, 98), "keys 2": (11, 88), "guitar": (27, 24), "lead": (73, 79, 82, 91),
        },
    ),
    "classical": Idiom(
        kits=(
            Kit(
                ("9. .. .. ..", "9. .. 9. .."), (".. .. .. ..", "9. .. 9. 99", "9. 99 9. 99"),
                (".. .. .. ..", "5. .. .. .."), RIDE, 49, soft=0.72, fill=(SNARE,),
                more=(Voice(47, "9. .. .. 5.", 70, 0.4), Voice(81, "9. .. .. ..", 50, 0.2)),
            ),
        ),
        bass=("r. .. f. ..", "r. f. r. f.", "r. .. .. ..", "r. .. r. wa", "r w f a"),
        comps={
            "keys": (_ALBERTI, Comp("block", ("c. 9. b. 9.", "b. 9. b. 9."), (0.5, 0.8), 3, 3, 62)),
            "pad": (_PULSE, _HOLD, _HIGH_HOLD), "guitar": (_ALBERTI,),
        },
        melody=(
            "9. 75 75 7. 9. 5. 8. ..", "9. .5 7. 55 9. .. 8. ..", "95 75 95 75 9. 7. 8. ..", *SUNG_SLOW[:1],
        ),
        modes={"major": 6, "minor": 4}, colours=("triads", "dominants", "dominants"),
        paces={"wide": 4, "quick": 3, "even": 1}, forms=("AABA", "AABB", "ABAC", "AABCA"),
        p_dominant=0.35, p_line=0.6,
        gate=(0.8, 0.95), loudness=0.84,
        named=("pop-canon",),
        shares={"drums": 0.7, "keys": 0.7, "pad": 0.85, "guitar": 0.15, "lead": 0.95, "lead 2": 0.45},
        programs={
            "drums": (48,), "bass": (43, 32, 42), "keys": (0, 6, 46), "pad": _STRINGS, "guitar": (24,),
            "lead": (40, 73, 68, 71, 60), "lead 2": (41, 71, 68),
        },
    ),
    "minuet": Idiom(
        kits=(
            Kit(
                ("9. .. ..",), (".. .. ..", "9. .. 99", ".. 9. 9."), (".. .. ..", "5. .. .."), RIDE, 49,
                soft=0.7, fill=(SNARE,), more=(Voice(81, "9. .. ..", 48, 0.3),),
            ),
        ),
        bass=("r. .. ..", "r. .. f.", "r. w. a.", "r. f. f."),
        comps={
            "keys": (
                Comp("arp", ("99 99 99",), (0.8, 1.0), 3, 0, 62),
                Comp("block", ("b. 9. 9.", ".. 9. 9."), (0.4, 0.8), 3, 3, 62),
            ), "pad": (Comp("block", (".. 9. 9.",), (0.4, 0.7), 3, 0, 60), _HOLD),
            "guitar": (Comp("arp", ("99 99 99",), (0.9, 1.0), 4),),
        },
        melody=("9. 55 75 9. 7. ..", "75 75 75 9. 5. ..", *SUNG_3[:2]), modes={"major": 6, "minor": 4},
        colours=("triads", "dominants"), paces={"wide": 3, "even": 3}, forms=("AABB", "AABA", "ABAC"),
        p_dominant=0.3, p_line=0.5, gate=(0.75, 0.95), loudness=0.84, bars=(8,),
        shares={"drums": 0.7, "keys": 0.75, "pad": 0.8, "guitar": 0.15, "lead": 0.95, "lead 2": 0.5},
        programs={
            "drums": (48,), "bass": (43, 42), "keys": (6, 0), "pad": _STRINGS, "guitar": (24,),
            "lead": (40, 73, 68), "lead 2": (41, 71),
        },
    ),
    "chiptune": Idiom(
        kits=(
            Kit(
                ("9. .5 97 .5", QUARTERS, "9..7 ..9. 9.7. ..7."), (BACKBEAT,),
                (EIGHTHS, SIXTEENTHS, OFFBEATS), HAT, OPEN_HAT, fill=(SNARE, SNARE, 45),
            ),
        ),
        bass=("ro ro ro ro", "rr rr rr rr", "r.ro r.ro r.ro r.ro", "r. fo r. fa", "r..r ..r. o..o ..f."),
        comps={
            "keys": (
                Comp(
                    "arp", ("9999 9999 9999 9999", SIXTEENTHS, "9.99 9.99 9.99 9.99"), (0.6, 0.95), 4, 8,
                    66,
                ), Comp("block", (OFFBEATS, "9. .9 .9 .."), (0.3, 0.6), 2, 6, 66),
            ), "guitar": (Comp("power", (EIGHTHS,), (0.5, 0.8)),),
            "pad": (Comp("hold", (), (0.95, 1.0), 2, 4, 56),),
        },
        melody=(
            "95 77 75 75 95 75 9. ..", "9.77 9.7. 7.77 9... 9.77 9.7. 9... ....", "9. 99 .9 9. 9. 77 9. ..",
        ), modes={"minor": 4, "major": 4, "dorian": 1, "mixolydian": 1}, colours=("triads",), lead_lift=6,
        named=("pop-royal-road", "epic-vi-VII-i"), gate=(0.55, 0.85), p_dominant=0.1,
        forms=("AABB", "ABAC", "iAABA", "AABC"),
        shares={"keys": 0.9, "keys 2": 0.5, "guitar": 0.12, "pad": 0.15, "lead": 1.0, "lead 2": 0.5},
        programs={
            "drums": (25, 24, 0), "bass": (38, 39, 80), "keys": (80, 81, 5), "keys 2": (80, 81),
            "guitar": (30,), "pad": (90, 81), "lead": (80, 81), "lead 2": (80, 81),
        },
    ),
    "quest": Idiom(
        paces={"wide": 2, "even": 3, "long": 1},
        kits=(
            Kit(
                ("9. .5 .9 ..", "9..9 ..9. 9... 9..."),
                ("9.99 9.99 9.99 9.77", "9. 99 9. 99", ".. .. 9. .."), (QUARTERS, ".. .. .. .."), RIDE, 49,
                more=(Voice(41, "9. .5 9. .5", 84, 0.7), Voice(47, ".. .5 .. 55", 76, 0.6)),
                fill=(47, 45, 43, 41), soft=0.92,
            ),
        ),
        bass=("rr rr rr rr", "r. .r r. rr", "r.rr r.rr r.rr r.rr", "r. .. r. .a"),
        comps={
            "pad": (
                Comp("block", ("9.99 9.99 9.99 9.99", EIGHTHS, "9. 99 9. 99"), (0.4, 0.7), 3, 0, 70), _HOLD,
            ),
            "keys": (
                Comp("arp", (EIGHTHS, SIXTEENTHS), (0.8, 1.0), 4, 5, 62),
                Comp("block", ("9. .. .. ..", "9. .9 .. 9."), (0.5, 0.95), 4),
            ), "guitar": (Comp("power", (EIGHTHS, "9. .9 .. 9."), (0.5, 0.9)),),
        },
        melody=("9. .7 7. .. 9. .7 9. ..", "9. .. 77 7. 9. .. .. ..", *SUNG[:1]),
        modes={"minor": 5, "dorian": 2, "major": 3, "mixolydian": 2}, colours=("triads",),
        named=("epic-vi-VII-i", "andalusian", "pop-i-VI-III-VII"), p_dominant=0.05, p_line=0.2,
        forms=("iABAB", "AABA", "ABAC", "iAABC"),
        shares={"pad": 0.98, "keys": 0.5, "guitar": 0.2, "lead": 0.9, "lead 2": 0.4},
        programs={
            "drums": (48, 0), "bass": (43, 38, 33), "pad": (48, 49, 52), "keys": (46, 11, 0, 10),
            "guitar": (30, 29), "lead": (60, 56, 73, 40, 68), "lead 2": (56, 60, 71),
        },
    ),
}  # fmt: skip
