"""Jazz, blues and funk by drawn bands, beside those who play them by heart."""

from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import BACKBEAT, EIGHTHS, QUARTERS, SIXTEENTHS, SUNG_16
from training.styles.drums import HAT, OPEN_HAT, PEDAL, RIDE, STICK

_RIDE_TIME = ("9. 99 9. 99", "9. 97 9. 97", "9. 99 9. 9.")
_WALK = ("r w w a", "r w w a", "r w f a", "r w w w")
_HOLD = Comp("hold", (), (0.95, 1.0), 3, 0, 58)
_PAD = (_HOLD,)
_CHARLESTON = Comp(
    "block", ("9. .9 .. ..", ".. .9 .. .9", ".9 .. 9. ..", "5. .7 5. .7", ".5 7. .5 .7"), (0.4, 0.9), 4, 0, 70
)
_FOUR = Comp("block", (QUARTERS,), (0.4, 0.6), 3, 0, 62)
_BOOGIE = Comp("riff", (EIGHTHS, "99 97 99 97"), (0.7, 0.9), velocity=72)
_CHOP = Comp("block", (BACKBEAT, ".9 .9 .9 .9"), (0.3, 0.5), 3, 4, 72)
_SWUNG = (
    "75 65 75 5. 75 65 6. ..",
    ".5 75 .5 75 8. .5 .. ..",
    ".7 55 75 .5 .. .5 7. ..",
    "8. .5 .. .5 75 55 7. ..",
)
_CALLS = (".5 75 9. .. .. .. .. ..", "75 75 9. .. .5 75 8. ..", "9. .7 .. .. 75 .5 .. ..")
_HORNS = {"lead": (65, 66, 56, 67), "lead 2": (57, 66), "pad": (48, 61)}
_JAZZ = {
    "drums": (32, 40), "bass": (32,), "keys": (0, 4), "keys 2": (11, 16), "guitar": (26,),
    "guitar 2": (26,), **_HORNS,
}  # fmt: skip
_BLUES = {
    "drums": (0, 8), "bass": (33, 32), "keys": (0, 16, 18), "keys 2": (16,), "guitar": (27, 29, 26),
    "guitar 2": (29, 25),
    **_HORNS, "lead": (22, 27, 66, 29),
}  # fmt: skip
_SHARES = {
    "keys": 0.8,
    "guitar": 0.5,
    "guitar 2": 0.05,
    "keys 2": 0.15,
    "pad": 0.05,
    "lead": 0.85,
    "lead 2": 0.3,
}
_CHANGES = ("rhythm-changes", "ii-v-i-down", "ii-v-i-circle", "ii-v-i-minor", "blues-12-jazz")
_TWELVE = ("blues-12", "blues-12-quick", "blues-12-minor", "blues-8", "blues-16")
_BLUE_MODES = {"mixolydian": 4, "minor": 3, "dorian": 2}
_COMPS = {"keys": (_CHARLESTON,), "guitar": (_FOUR, _CHARLESTON), "pad": _PAD}

IDIOMS: dict[str, Idiom] = {
    "jazz": Idiom(
        kits=(
            Kit(
                ("5. .. 3. ..", ".. .2 .. .3", "4. 4. 4. 4."),
                (".. .2 .. .2", ".3 .. .2 .3", ".. .. .. .."), _RIDE_TIME, RIDE, RIDE, ghosts=".2 .2 .2 .3",
                soft=0.8, more=(Voice(PEDAL, BACKBEAT, 62),),
            ),
        ),
        bass=_WALK, comps=_COMPS, melody=_SWUNG, modes={"major": 5, "minor": 3, "dorian": 1},
        colours=("sevenths",), named=_CHANGES, p_dominant=0.5, p_line=0.05,
        paces={"wide": 5, "even": 1, "quick": 1.5}, gate=(0.88, 0.98), forms=("AABA", "AABA", "ABAC", "AABAB"),
        bars=(8,), shares=_SHARES, programs=_JAZZ,
    ),
    "jazzballad": Idiom(
        kits=(
            Kit(
                ("5. .. .. ..", "5. .. 3. .."), (".. 7. .. 7.",), ("9. 95 9. 95", QUARTERS), HAT, RIDE,
                STICK, soft=0.66, more=(Voice(PEDAL, BACKBEAT, 52),),
            ),
        ),
        bass=("r. .. f. ..", "r. .. f. .a", "r. .w f. .a", *_WALK[:1]),
        comps={
            "keys": (
                Comp("block", ("9. .. 9. ..", "9. .7 .. 7.", "c. .9 b. .9"), (0.85, 1.0), 4, 0, 62), _HOLD,
            ), "guitar": (_FOUR, _HOLD), "pad": _PAD,
        },
        melody=(*_SWUNG[1:], "8. .5 75 .. 8. .5 7. .."), modes={"major": 5, "minor": 3},
        colours=("sevenths",), named=_CHANGES[1:4], p_dominant=0.45, p_line=0.2,
        paces={"wide": 5, "quick": 2}, gate=(0.92, 1.0), forms=("AABA", "ABAC"), bars=(8,),
        shares={**_SHARES, "pad": 0.25}, programs=_JAZZ, loudness=0.84,
    ),
    "manouche": Idiom(
        kits=(Kit(("5. .. 5. ..",), (BACKBEAT,), (QUARTERS, "9. 97 9. 97"), HAT, RIDE, STICK, soft=0.74),),
        bass=("r. .. f. ..", "r . f .", *_WALK[:1]),
        comps={
            "guitar": (Comp("block", (QUARTERS, "9. 9. 9. 95"), (0.3, 0.5), 3, 0, 74),),
            "keys": (_CHARLESTON, Comp("block", (BACKBEAT,), (0.3, 0.5), 4)), "pad": _PAD,
        },
        melody=(*_SWUNG, "99 97 77 7. 99 97 7. .."), modes={"minor": 5, "major": 4},
        colours=("sevenths", "dominants"), named=_CHANGES[:4], p_dominant=0.45, p_line=0.05,
        paces={"wide": 4, "long": 2}, gate=(0.6, 0.85),
        forms=("AABA", "ABAC"), bars=(8,),
        shares={"guitar": 1.0, "guitar 2": 0.6, "keys": 0.15, "lead": 0.95, "lead 2": 0.2},
        programs={
            **_JAZZ, "guitar": (25, 26), "guitar 2": (25,), "lead": (40, 25, 71, 21), "keys": (21, 0),
        }, loudness=0.92,
    ),
    "bluesband": Idiom(
        paces={"even": 2, "long": 2, "wide": 2},
        kits=(
            Kit(
                ("9. .3 9. .3", "9. 9. 9. 9.", "9. .. 95 .2"), (BACKBEAT,), (EIGHTHS, "9. 99 9. 99"), HAT,
                RIDE, ghosts=".1 .2 .1 .2",
            ),
            Kit(("9. .. 9. .5",), (BACKBEAT,), (QUARTERS, EIGHTHS), HAT, OPEN_HAT),
        ),
        bass=("r w w a", "rr tt ff ss", "r. t. f. s.", "r. o. s. f.", "r. .r f. sa", "k"),
        comps={
            "guitar": (_BOOGIE, _CHOP, Comp("power", (EIGHTHS,), (0.5, 0.8), velocity=72)),
            "keys": (_CHARLESTON, Comp("block", (EIGHTHS, QUARTERS), (0.6, 0.9), 3, 3), _HOLD), "pad": _PAD,
        },
        melody=(*_CALLS, *_SWUNG[:2]), modes=_BLUE_MODES, colours=("blues",), named=_TWELVE,
        p_dominant=0.3, p_line=0.05, shares={**_SHARES, "guitar": 0.85, "guitar 2": 0.25}, programs=_BLUES,
        forms=("AABA", "AAAA", "iAABA"),
    ),
    "bluesrock": Idiom(
        paces={"even": 2, "long": 2, "wide": 2},
        kits=(
            Kit(
                ("9. .5 97 .2", "93 .9 .5 5.", "9. .. 9. .5"), (BACKBEAT,), (EIGHTHS, QUARTERS), HAT, RIDE,
                ghosts="..1. ...1 .1.. ...1",
            ),
        ),
        bass=("k", "r. rr .s ra", "rr rr rr ff", "r. .o s. f.", "r. tt f. sa"),
        comps={
            "guitar": (
                Comp("riff", ("9. 79 57 95", "99 .7 79 .5", "9. .9 79 75"), (0.6, 0.95), velocity=82),
                Comp("power", (EIGHTHS, "9. .9 .. 9."), (0.5, 0.95), velocity=80), _CHOP,
            ), "keys": (_HOLD, Comp("block", (EIGHTHS, "9. .9 .9 .."), (0.6, 0.9))), "pad": _PAD,
        },
        melody=(*_CALLS, "9. 7. 64 .6 9. 5. 7. .."), modes=_BLUE_MODES,
        colours=("blues",), named=_TWELVE, p_dominant=0.1, p_line=0.05,
        shares={**_SHARES, "guitar": 0.97, "guitar 2": 0.3, "keys": 0.45},
        programs={**_BLUES, "guitar": (29, 30, 27)}, loudness=1.05,
    ),
    "slowblues": Idiom(
        paces={"even": 2, "long": 2, "wide": 2},
        kits=(
            Kit(
                ("9.. ... 9.. ..3", "9.. ..5 9.. ...", "9.. ... 9.5 ..."), ("... 9.. ... 9..",),
                ("999 999 999 999",), HAT, RIDE, ghosts="..1 .1. ..1 .1.", soft=0.92,
            ),
        ),
        bass=("r.. ..r f.. ..a", "r.. t.. f.. s..", "r.. ..f o.. f.a", "r w f a"),
        comps={
            "keys": (Comp("block", ("999 999 999 999", "9.. ..9 .9. ..."), (0.6, 0.9), 3, 2, 64), _HOLD),
            "guitar": (
                _CHOP, Comp("arp", ("999 999 999 999",), (0.9, 1.0), 4, 0, 66),
                Comp("block", ("... 9.. ... 9..",), (0.3, 0.5), 4, 2),
            ), "pad": _PAD,
        },
        melody=("..5 755 9.. ... ..5 755 8.. ...", "8.5 ..5 9.. ... 755 5.. ... ..."), modes=_BLUE_MODES,
        colours=("blues",), named=_TWELVE, p_dominant=0.3,
        shares={**_SHARES, "guitar": 0.8, "pad": 0.15}, programs=_BLUES, forms=("AABA", "AAAA"),
        loudness=0.94,
    ),
    "funkband": Idiom(
        kits=(
            Kit(
                ("9..5 ..9. .5.9 ..3.", "9.7. ...5 ..9. .5..", "9... ..77 .59. ..5."),
                (BACKBEAT, ".... 9..5 .5.. 9..."), (SIXTEENTHS, EIGHTHS), HAT, HAT,
                ghosts=".1.3 ..31 .3.1 ..32",
                more=(Voice(56, QUARTERS, 56, 0.15), Voice(63, "..5. 5..7 ..5. 7.5.", 58, 0.25)),
            ),
        ),
        bass=(
            "r..x ..o. ..r5 .sxa", "r.x. .5o. r..x 5.s.", "k", "r..5 x.so ..5. x55a", "r... ..so .5.x ..5.",
        ),
        comps={
            "guitar": (
                Comp(
                    "block", ("9.59 .59. 9.59 .5.9", ".9.. ..9. .9.. ..95", "5995 9959 5995 9959"),
                    (0.25, 0.5), 3, 5, 72,
                ), Comp("riff", ("9..7 ..7. .7.5 7...",), (0.4, 0.7), velocity=74),
            ),
            "keys": (
                Comp(
                    "block", ("9..9 ..9. .5.9 ....", "..9. .9.. ..9. .95.", "...9 ..5. ...9 9..."),
                    (0.3, 0.6), 4,
                ), Comp("riff", ("9..7 .77. 9..7 .7..",), (0.3, 0.6), velocity=76), _HOLD,
            ), "pad": _PAD,
        },
        melody=(*SUNG_16, "9..7 ..7. .... .... 9..7 ..77 9... ...."),
        modes={"dorian": 4, "mixolydian": 4, "minor": 2}, colours=("blues", "sevenths"),
        named=("dorian-vamp", "blues-12-quick"), paces={"long": 4, "even": 2}, p_dominant=0.1, p_line=0.0,
        gate=(0.5, 0.8),
        forms=("iABAB", "AABA", "iAABAB"), shares={**_SHARES, "guitar": 0.9, "lead": 0.6, "lead 2": 0.45},
        programs={
            **_BLUES, "bass": (36, 37, 33), "keys": (7, 4, 16), "guitar": (27, 28), "lead": (56, 66, 65),
        },
    ),
}  # fmt: skip
