"""Rock: eighths, half-time, punk, metal and ska."""

from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    BACKBEAT,
    EIGHTHS,
    OFFBEATS,
    ON_THREE,
    QUARTERS,
    SUNG,
    SUNG_OFF,
)
from training.styles.drums import CRASH, HAT, OPEN_HAT, RIDE

_ROCK_MODES = {"major": 4, "minor": 3, "mixolydian": 3, "dorian": 1}
_DARK = {"minor": 6, "dorian": 1.5, "mixolydian": 1}
_STRUM = Comp(
    "block", ("9. 9. .9 9.", "9. 95 .9 99", "9. .9 .9 95", "95 95 95 95", "9... 9.9. ..9. 9.9."), (0.7, 0.95)
)
_CHUGS = Comp("power", (EIGHTHS, "99 97 99 75", "9.99 9.9. 9.99 9.7."), (0.4, 0.9), velocity=80)
_HELD = Comp("power", ("9. .. .. ..", "9. .. .5 5.", "9. .9 .. 9."), (0.9, 0.98), velocity=82)
_RIFF = Comp(
    "riff", ("9. 79 57 95", "99 .7 79 .5", "9.79 .7.7 9.5. 7.7.", "9. .9 79 75"), (0.6, 0.95), velocity=82
)
_PICKED = Comp("arp", (EIGHTHS, "99 97 99 97"), (0.9, 1.0), 3, 4, 68)
_ORGAN = Comp("hold", (), (0.95, 0.99), velocity=64)
_PIANO = Comp("block", (QUARTERS, EIGHTHS, "9. .9 .9 .."), (0.6, 0.9))
_PAD = (Comp("hold", (), (0.96, 1.0), 3, 0, 58),)
_PROGRAMS = {
    "drums": (0, 16), "bass": (33, 34), "keys": (16, 18, 0), "keys 2": (0, 81), "guitar": (29, 30, 27),
    "guitar 2": (30, 29, 27), "pad": (48, 89), "lead": (30, 29, 81, 54), "lead 2": (29, 56),
}  # fmt: skip
_SHARES = {
    "guitar": 0.96,
    "guitar 2": 0.5,
    "keys": 0.4,
    "keys 2": 0.05,
    "pad": 0.2,
    "lead": 0.6,
    "lead 2": 0.12,
}
_POP_FORMS = ("pop-I-V-vi-IV", "pop-vi-IV-I-V", "pop-i-VI-III-VII", "rock-I-bVII-IV", "rock-i-bVII-bVI")

IDIOMS: dict[str, Idiom] = {
    "rock": Idiom(
        kits=(
            Kit(
                ("9. .2 76 .2", "9. .5 59 .1", "9... ..3. 7.6. ..2.", "93 .3 84 .3"), (BACKBEAT,),
                (EIGHTHS,), ghosts="..11 ...1 .1.1 ...1",
            ),
            Kit(("9. .. 9. .3", "9. 5. 93 5."), (BACKBEAT,), (EIGHTHS, QUARTERS), OPEN_HAT, CRASH),
            Kit(("9. 97 .9 .2", "9... ..77 ..9. ...."), (BACKBEAT,), (QUARTERS, EIGHTHS), HAT, OPEN_HAT),
        ),
        bass=("k", "k", "rr rr rr rr", "rr rr rr ra", "r. .r r. fa", "r5 57 r5 75", "r. rr .r ro"),
        comps={"guitar": (_CHUGS, _STRUM, _HELD, _RIFF), "keys": (_ORGAN, _PIANO), "pad": _PAD},
        melody=SUNG,
        modes=_ROCK_MODES,
        colours=("triads",),
        named=(*_POP_FORMS, "blues-12"),
        shares=_SHARES,
        programs=_PROGRAMS,
        p_dominant=0.05,
    ),
    "halftime": Idiom(
        kits=(
            Kit(
                ("9. .5 .3 .4", "9... ..7. ..2. 5.5.", "9. .. .7 7."), (ON_THREE,), (QUARTERS, EIGHTHS),
                OPEN_HAT, CRASH,
            ),
            Kit(("93 .7 .2 .5",), (ON_THREE,), (EIGHTHS,), HAT, RIDE),
        ),
        bass=("k", "rr rr rr rr", "r. .. .r ra", "r. .r .. .a"),
        comps={"guitar": (_HELD, _CHUGS, _PICKED, _RIFF), "keys": (_ORGAN, _PIANO), "pad": _PAD},
        melody=("9. .. 7. 5. 9. .. .. ..", "8. .7 .. 7. 9. .. 5. ..", *SUNG[:1]),
        modes=_DARK,
        colours=("triads",),
        paces={"long": 3, "even": 3},
        named=("rock-i-bVII-bVI", "pop-i-VI-III-VII"),
        shares={**_SHARES, "pad": 0.45},
        programs=_PROGRAMS,
        p_dominant=0.0,
    ),
    "punk": Idiom(
        kits=(
            Kit(
                ("9. .. 9. ..", "9. .7 9. .7", "9. .9 .9 .."), (BACKBEAT,), (EIGHTHS, QUARTERS), HAT, CRASH,
            ),
            Kit(("9. 9. 9. 9.",), (OFFBEATS,), (QUARTERS,), HAT, RIDE),
        ),
        bass=("rr rr rr rr", "rr rr rr ra", "rr rr ff rr"),
        comps={
            "guitar": (Comp("power", (EIGHTHS,), (0.7, 0.95), velocity=86), _HELD), "keys": (_ORGAN,),
            "pad": _PAD,
        },
        melody=("97 77 75 7. 97 75 9. ..", "9. 77 .7 7. 97 .7 7. ..", "99 9. 77 7. 99 9. 7. .."),
        modes={"major": 6, "minor": 3, "mixolydian": 1},
        colours=("triads",),
        paces={"even": 4, "long": 2, "quick": 1},
        forms=("iABAB", "ABAB", "iABABCB", "AABB"),
        named=("pop-I-V-vi-IV", "pop-vi-IV-I-V", "pop-I-vi-IV-V"),
        shares={**_SHARES, "guitar 2": 0.5, "keys": 0.06, "pad": 0.03},
        programs={**_PROGRAMS, "guitar": (30, 29), "lead": (30, 54)},
        p_dominant=0.0,
        p_line=0.05,
        loudness=1.1,
    ),
    "metal": Idiom(
        kits=(
            Kit(
                ("9.99 9.99 9.99 9.99", "99.9 9.99 99.9 9.7.", "9999 9999 9999 9999"), (BACKBEAT, ON_THREE),
                (QUARTERS, EIGHTHS), HAT, CRASH,
            ),
            Kit(
                ("9..9 ..9. .9.. 9...", "9.9. 7.79 ..9. 7.7."), (BACKBEAT, ON_THREE), (QUARTERS,), RIDE,
                CRASH,
            ),
        ),
        bass=("k", "k", "rr rr rr rr"),
        comps={
            "guitar": (
                Comp(
                    "power", ("9.99 9.99 9.99 9.99", "99.9 9.99 99.9 9.7.", "9999 9.99 9999 9.7."),
                    (0.45, 0.8), velocity=88,
                ),
                _HELD,
                Comp("riff", ("9.99 .7.9 9.97 7.7.", "9979 9.7. 9979 .77."), (0.5, 0.9), velocity=86),
            ),
            "keys": (_ORGAN,), "pad": (Comp("hold", (), (0.96, 1.0), 3, 4, 62),),
        },
        melody=("9.77 7.7. 9.77 9... 9.77 7.7. 9... ....", "9. .7 7. 75 9. .7 9. .."),
        modes={"minor": 6, "dorian": 1},
        colours=("triads",),
        paces={"long": 3, "even": 3},
        forms=("iABAB", "ABACAB", "iAABCB", "ABCAB"),
        named=("rock-i-bVII-bVI", "andalusian"),
        shares={**_SHARES, "guitar 2": 0.75, "keys": 0.1, "pad": 0.25, "lead": 0.5},
        programs={**_PROGRAMS, "guitar": (30,), "guitar 2": (30,), "lead": (30,), "pad": (48, 52)},
        gate=(0.75, 0.95),
        p_dominant=0.0,
        p_line=0.05,
        loudness=1.1,
    ),
    "ska": Idiom(
        kits=(
            Kit((".. 9. .. 9.", "9. 9. 9. 9."), (BACKBEAT,), (OFFBEATS, EIGHTHS), HAT, RIDE),
            Kit(("9. .. 9. ..",), (BACKBEAT,), (EIGHTHS,), more=(Voice(54, QUARTERS, 60, 0.3),)),
        ),
        bass=("r w w a", "r. t. f. s.", "rr t. f. ta", "r. tt f. s."),
        comps={
            "guitar": (Comp("block", (OFFBEATS,), (0.3, 0.5), 3, 3, 80),),
            "keys": (Comp("block", (OFFBEATS, "59 59 59 59"), (0.3, 0.5), 3, 2, 72), _ORGAN),
            "pad": _PAD,
        },
        melody=SUNG_OFF,
        modes={"major": 7, "minor": 3, "mixolydian": 1},
        colours=("triads", "dominants"),
        shares={"guitar": 0.95, "keys": 0.75, "lead": 0.8, "lead 2": 0.5, "pad": 0.05, "guitar 2": 0.05},
        programs={
            **_PROGRAMS, "guitar": (27, 28), "keys": (16, 17), "lead": (56, 66, 57), "lead 2": (57, 65),
        },
        named=("pop-I-vi-IV-V", "blues-12"),
        gate=(0.7, 0.9),
    ),
}  # fmt: skip
