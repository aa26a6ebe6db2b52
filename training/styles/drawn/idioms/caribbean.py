"""The Caribbean: salsa over its clave, cumbia, dembow, reggae."""

from training.styles.drawn.idioms.hands import LATIN_PROGRAMS, LATIN_SHARES
from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    EIGHTHS,
    OFFBEATS,
    QUARTERS,
    SIXTEENTHS,
    SUNG,
    SUNG_16,
    SUNG_OFF,
)
from training.styles.drums import HAT, OPEN_HAT, RIDE, SNARE, STICK

_CLAVES, _COWBELL, _SHAKER, _GUIRO, _TIMBALE, _TIMBALE_LOW = 75, 56, 70, 73, 65, 66
_BONGO, _CONGA_MUTE, _CONGA, _CONGA_LOW = 60, 62, 63, 64
_SON_23, _SON_32 = ".. 9. 9. .. 9. .9 .. 9.", "9. .9 .. 9. .. 9. 9. .."
_CONGAS = (
    Voice(_CONGA_MUTE, ".. 9. .. 9.", 72, 0.9),
    Voice(_CONGA, ".. .. .. .9", 76, 0.9),
    Voice(_CONGA_LOW, ".. .. .. 9.", 78, 0.5),
)
_TIMBALES = (_TIMBALE, _TIMBALE, _TIMBALE_LOW)
_HOLD = Comp("hold", (), (0.95, 1.0), 3, 0, 58)
_PAD = (_HOLD,)
_MONTUNO = Comp(
    "montuno",
    ("9. .9 .9 .9 .9 .9 .9 .9", "9. 9. .9 .9 .9 .9 .9 .9", "9. 99 .9 .9 .9 .9 .9 9."),
    (0.6, 0.9),
    4,
    2,
    78,
)
_SKANK = Comp("block", (".. 9. .. 9.",), (0.3, 0.5), 3, 4, 80)
_BUBBLE = Comp("block", (".9.9 .9.9 .9.9 .9.9", "..9. .99. ..9. .99."), (0.35, 0.6), 3, 2, 66)
IDIOMS: dict[str, Idiom] = {
    "salsa": Idiom(
        kits=(
            Kit(
                (".. .9 .. ..", ".. .. .. 9."), (".. .. .. ..",), (EIGHTHS, QUARTERS, "9. 99 .9 99"), RIDE,
                _COWBELL,
                more=(Voice(_CLAVES, _SON_23, 80), *_CONGAS, Voice(_BONGO, "97 57 97 57", 54, 0.4)),
                fill=_TIMBALES,
            ),
            Kit(
                (".. .9 .. ..",), (".. 9. .. ..", ".. .. .. .."), ("9. 99 .9 99", EIGHTHS), _TIMBALE_LOW,
                _COWBELL, snare=_TIMBALE,
                more=(Voice(_CLAVES, _SON_32, 80), *_CONGAS, Voice(_GUIRO, "9. 99 9. 99", 58, 0.5)),
                fill=_TIMBALES,
            ),
        ),
        bass=(".. .f .. n.", "r. .f .. n.", "r. .f .. f.", "r. .r .. f.", "r. .f .. r. .. .f .. f."),
        comps={
            "keys": (_MONTUNO,),
            "guitar": (
                Comp(
                    "montuno", ("9. .9 .9 .9 .9 .9 .9 .9", ".9 99 .9 .9 9. .9 .9 .9"), (0.5, 0.8), 3, 5, 70,
                ),
            ), "pad": _PAD,
        },
        melody=(*SUNG_OFF, "9. .9 .7 7. .7 .7 7. .."), modes={"minor": 4, "major": 4, "mixolydian": 1},
        colours=("dominants", "sevenths", "triads"), named=("son-montuno", "andalusian", "circle-minor"),
        p_dominant=0.15, p_line=0.05, forms=("iAABB", "iABAB", "AABBCB", "ABCB"),
        paces={"long": 2, "even": 3}, gate=(0.8, 0.95),
        shares={**LATIN_SHARES, "keys": 0.96, "guitar": 0.3, "lead": 0.8, "lead 2": 0.5},
        programs={**LATIN_PROGRAMS, "lead": (56, 57, 73), "bass": (32, 33)},
    ),
    "cumbia": Idiom(
        kits=(
            Kit(
                ("9. .. 9. ..", QUARTERS), (".. .9 .. .9", ".. 9. .. 9."), (QUARTERS, EIGHTHS), HAT,
                _COWBELL, STICK,
                more=(
                    Voice(_GUIRO, "9.77 9.77 9.77 9.77", 66, 0.9),
                    Voice(_CONGA_LOW, ".. .9 .. .9", 76, 0.7), Voice(_CONGA, ".. 9. .. 9.", 66, 0.6),
                ), fill=_TIMBALES,
            ),
        ),
        bass=("r. f. r. f.", "r. .. f. f.", "r. .f r. .f", "r. ft r. fa"),
        comps={
            "keys": (Comp("block", (OFFBEATS,), (0.4, 0.6), 3, 3, 76), _HOLD),
            "guitar": (
                Comp("block", (OFFBEATS, ".. 9. .. 9."), (0.3, 0.5), 3, 2),
                Comp("riff", ("9. 99 .9 99",), (0.6, 0.9)),
            ), "pad": _PAD,
        },
        melody=SUNG, modes={"minor": 6, "major": 3}, colours=("triads", "dominants"),
        named=("andalusian", "son-montuno"), p_dominant=0.1, gate=(0.7, 0.9),
        programs={**LATIN_PROGRAMS, "keys": (21, 16, 0), "lead": (21, 71, 56)}, shares={**LATIN_SHARES, "keys": 0.9},
        paces={"long": 3, "even": 3},
    ),
    "dembow": Idiom(
        kits=(
            Kit(
                (QUARTERS, "9. .. 9. .."), ("...9 ..9. ...9 ..9.",), (EIGHTHS, QUARTERS), HAT, HAT,
                more=(Voice(_SHAKER, SIXTEENTHS, 44, 0.4), Voice(39, ".. 9. .. 9.", 60, 0.2)),
            ),
        ),
        bass=("r..r ..r. r..r ..r.", "r... ..r. r... ..a.", "r..5 ..5. r..5 ..5.", "k"),
        comps={
            "keys": (
                Comp("block", ("9..9 ..9. 9..9 ..9.", OFFBEATS), (0.4, 0.8), 3, 2),
                Comp("arp", (EIGHTHS, "9..9 ..9. 9..9 ..9."), (0.5, 0.8), 4, 4, 68), _HOLD,
            ), "guitar": (Comp("arp", ("9..9 ..9. 9..9 ..9.",), (0.6, 0.9), 4),), "pad": _PAD,
        },
        melody=("9..7 ..7. 9..7 ..7. 9..7 ..7. 7... ....", *SUNG_16), modes={"minor": 7, "major": 2},
        colours=("triads",), named=("pop-i-VI-III-VII", "pop-vi-IV-I-V"), p_dominant=0.0, p_line=0.05,
        programs={
            **LATIN_PROGRAMS, "drums": (25, 24), "bass": (38, 39, 33), "keys": (81, 0, 11), "pad": (89, 90),
            "lead": (80, 53, 81),
        }, shares={**LATIN_SHARES, "pad": 0.5, "guitar": 0.3, "lead 2": 0.08},
    ),
    "reggae": Idiom(
        kits=(
            Kit(
                (".. .. 9. ..",), (".. .. 9. ..",), (EIGHTHS, OFFBEATS, SIXTEENTHS), HAT, HAT, STICK,
                fill=(SNARE, _TIMBALE, 48, 45),
            ),
            Kit(
                (QUARTERS, "9. .. 9. .."), (".. .. 9. ..",), (EIGHTHS,), HAT, OPEN_HAT, STICK,
                fill=(SNARE, _TIMBALE, 48, 45),
            ),
        ),
        bass=(
            "r..r ..t. f... ....", "..rr ..t. f..t ....", "r... .r.t ..f. ..t.", "r..5 .... 5..5 5...",
            ".... r..r ..5. 5...",
        ),
        comps={"guitar": (_SKANK,), "keys": (_BUBBLE, _SKANK, _HOLD), "pad": _PAD},
        melody=SUNG_16, modes={"major": 5, "minor": 5, "mixolydian": 1, "dorian": 1}, colours=("triads",),
        paces={"long": 2, "even": 4}, p_dominant=0.03, p_line=0.05, gate=(0.75, 0.95), lead_lift=-2,
        named=("pop-I-V-vi-IV", "reggae-I-ii"),
        programs={
            **LATIN_PROGRAMS, "bass": (33,), "keys": (16, 17, 0), "guitar": (27, 28), "lead": (53, 22, 57, 66),
        }, shares={**LATIN_SHARES, "guitar": 0.96, "keys": 0.85, "lead 2": 0.25},
    ),
}  # fmt: skip
