"""South America, and a bell from Africa: bossa, samba, tango, afro."""

from training.styles.drawn.idioms.hands import LATIN_PROGRAMS, LATIN_SHARES
from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    EIGHTHS,
    QUARTERS,
    SIXTEENTHS,
    SUNG_16,
    SUNG_OFF,
)
from training.styles.drums import HAT, RIDE, SNARE, STICK

_COWBELL, _SHAKER, _CONGA, _CONGA_LOW, _SURDO = 56, 70, 63, 64, 41
_TIMBALES = (65, 65, 66)
_HOLD = Comp("hold", (), (0.95, 1.0), 3, 0, 58)
_PAD = (_HOLD,)
_BOSSA = Comp(
    "block",
    ("9. .9 .. 9. .9 .. 9. ..", "9. .9 .9 .. 9. .9 .9 ..", ".9 .. 9. .9 .. 9. .9 ..", "b9 .9 f. 9."),
    (0.5, 0.9),
    4,
    0,
    66,
)
IDIOMS: dict[str, Idiom] = {
    "bossa": Idiom(
        paces={"wide": 4, "even": 2, "long": 1},
        kits=(
            Kit(
                ("9. .9 9. .9", "9. .9 9. .5"),
                ("9. .9 .. 9. .. 9. .9 ..", "9. .9 .. 9. .9 .. 9. ..", ".. 9. .9 .. 9. .9 .. 9."),
                (EIGHTHS,), HAT, RIDE, STICK, soft=0.82, more=(Voice(_SHAKER, EIGHTHS, 46, 0.4),),
            ),
        ),
        bass=("r. .f f. .r", "r. .f f. .a", "r. .r f. .f", "r. .. f. .a"),
        comps={"guitar": (_BOSSA,), "keys": (_BOSSA, _HOLD), "pad": _PAD},
        melody=(*SUNG_OFF, ".5 .5 75 .5 8. .. .. .."), modes={"major": 4, "minor": 3},
        colours=("sevenths",), p_dominant=0.4, p_line=0.25,
        named=("ii-v-i-down", "ii-v-i-circle", "ii-v-i-minor"), forms=("AABA", "ABAC", "AABAC"),
        shares={**LATIN_SHARES, "guitar": 0.9}, programs={**LATIN_PROGRAMS, "lead": (73, 65, 53, 66)}, loudness=0.88,
    ),
    "samba": Idiom(
        paces={"wide": 2, "even": 3, "quick": 1},
        kits=(
            Kit(
                ("9..9 9..9 9..9 9..9", "5..5 9..5 5..5 9..5"),
                ("9.9. .9.9 .9.9 9.9.", "9..9 .9.9 .9.9 ..9."), (SIXTEENTHS,), HAT, RIDE, STICK,
                more=(
                    Voice(_SURDO, "5. 9. 5. 9.", 84, 0.8), Voice(54, SIXTEENTHS, 52, 0.6),
                    Voice(67, "9.9. .9.9 .9.9 9.9.", 62, 0.5),
                ), fill=(SNARE, 48, 45),
            ),
        ),
        bass=("r..f f..r r..f f..r", "r..r f..f r..r f..a", "r..f .... f..a ...."),
        comps={
            "guitar": (
                Comp(
                    "block", ("9..9 .9.. 9.9. .9..", ".9.9 ..9. 9..9 .9..", "9.9. .9.9 .9.. 9.9."),
                    (0.4, 0.8), 4, 0, 72,
                ),
            ),
            "keys": (
                Comp("block", ("9..9 ..9. .9.. 9...", ".9.. 9..9 ..9. .9.."), (0.4, 0.8), 4, 2), _HOLD,
            ), "pad": _PAD,
        },
        melody=SUNG_16, modes={"major": 5, "minor": 3}, colours=("sevenths", "sevenths", "dominants"),
        p_dominant=0.35, named=("ii-v-i-circle", "ii-v-i-minor"), gate=(0.8, 0.95),
        shares={**LATIN_SHARES, "guitar": 0.95, "keys": 0.55},
        programs={**LATIN_PROGRAMS, "guitar": (24,), "lead": (73, 56, 53)},
    ),
    "tango": Idiom(
        kits=(
            Kit(
                ("9. .. 9. ..", QUARTERS), (".. .. .. .9", "9. .. .. .9", ".. .. .. .."),
                (".. .. .. ..", QUARTERS), HAT, HAT, soft=0.76, fill=(SNARE,),
            ),
        ),
        bass=("r. .. f. ..", "r. .r f. .a", "r. r. r. r.", "r w f a", "r..r f... r..r f..."),
        comps={
            "keys": (
                Comp(
                    "block", (QUARTERS, "9. .9 9. 9.", "9..9 9... 9..9 9...", "c. 9. b. 9."), (0.3, 0.6), 4,
                    0, 74,
                ),
            ), "guitar": (Comp("block", (QUARTERS, "9..9 9... 9..9 9..."), (0.3, 0.5), 3),),
            "pad": (_HOLD, Comp("block", (QUARTERS,), (0.3, 0.5), 3, 0, 66)),
        },
        melody=(
            "9. .5 75 7. 9. .. 8. ..", "7.55 7.5. 9... .... 7.55 7.5. 8... ....",
            "9..7 7.7. 9... 7... 9..7 7.7. 8... ....",
        ), modes={"minor": 8, "major": 2}, colours=("dominants", "triads", "sevenths"),
        named=("andalusian", "circle-minor", "ii-v-i-minor"),
        p_dominant=0.35, p_line=0.3, paces={"wide": 2, "even": 2, "long": 2}, gate=(0.4, 0.7),
        forms=("AABA", "ABAB", "ABAC", "AABB"),
        shares={"keys": 0.9, "guitar": 0.5, "pad": 0.5, "lead": 0.95, "lead 2": 0.4},
        programs={**LATIN_PROGRAMS, "bass": (32, 43), "keys": (0, 21), "lead": (21, 40, 23), "lead 2": (40,)},
        loudness=0.94,
    ),
    "afro": Idiom(
        kits=(
            Kit(
                ("9.. ... 9.. ...", "9.. ..9 ... 9.."), ("... 9.. ... 9..", "... ..9 ... .9."),
                ("999 999 999 999", "9.9 .9. 9.9 .9."), HAT, RIDE, STICK,
                more=(
                    Voice(_COWBELL, "9.9 .99 .9. 9.9", 64, 0.8), Voice(_CONGA, "..9 .9. ..9 .9.", 64, 0.7),
                    Voice(_CONGA_LOW, "9.. ..9 9.. ..9", 68, 0.7),
                ), fill=_TIMBALES,
            ),
        ),
        bass=("r.. ..f .r. ..a", "r.r .f. ..r f..", "r.. f.. .r. f..", "..r ..f r.. ..a"),
        comps={
            "guitar": (
                Comp(
                    "arp", ("9.9 9.9 .9. 9.9", "999 999 999 999", ".99 .9. 9.9 .9."), (0.5, 0.8), 4, 5, 72,
                ), Comp("riff", ("9.9 .9. 9.. 9.9",), (0.5, 0.8)),
            ), "keys": (Comp("block", ("9.. 9.9 .9. 9..", "..9 ..9 ..9 ..9"), (0.4, 0.8), 3, 2), _HOLD),
            "pad": _PAD,
        },
        melody=("9.7 .7. 7.. 7.. 9.7 .7. 8.. ...", "..7 7.7 .7. 8.. ..7 7.7 9.. ..."),
        modes={"major": 4, "mixolydian": 3, "minor": 2, "dorian": 2}, colours=("triads", "sevenths"),
        paces={"long": 3, "even": 3}, p_dominant=0.0, p_line=0.0,
        shares={**LATIN_SHARES, "guitar": 0.95, "guitar 2": 0.45, "lead 2": 0.4},
        programs={**LATIN_PROGRAMS, "bass": (33,), "guitar": (27, 28), "guitar 2": (27,), "keys": (16, 4, 12)},
        named=("reggae-I-ii", "folk-I-IV-I-V"),
    ),
}  # fmt: skip
