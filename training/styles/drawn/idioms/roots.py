"""Folk and country, waltzes, jigs, and the jazz waltz."""

from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    BACKBEAT,
    EIGHTHS,
    OFFBEATS,
    QUARTERS,
    SUNG,
    SUNG_3,
    SUNG_6,
    SUNG_SLOW,
)  # fmt: skip
from training.styles.drums import HAT, PEDAL, RIDE, SNARE, STICK

_HOLD = Comp("hold", (), (0.95, 1.0), 3, 0, 58)
_PAD = (_HOLD,)
_BOOM_CHICK = Comp("block", ("b. 9. f. 9.", "b. 97 f. 97", "b. 95 f. 95"), (0.35, 0.7), 3, 2, 72)
_STRUM = Comp("block", ("9. 95 .9 95", "9. 97 97 97", "9. 9. 95 95"), (0.7, 0.95), 4, 0, 70)
_PICK = Comp("arp", (EIGHTHS, "99 99 99 99"), (0.85, 1.0), 4, 0, 70)
_TRAVIS = Comp("arp", ("c9 b9 c9 b9", "c. b9 c9 b9"), (0.8, 1.0), 4, 3, 70)
_PROGRAMS = {
    "drums": (0, 40), "bass": (32, 33), "keys": (0, 21, 3), "keys 2": (21, 16), "guitar": (25, 24),
    "guitar 2": (27, 105),
    "pad": (48, 49), "lead": (40, 22, 110, 73, 105), "lead 2": (22, 40),
}  # fmt: skip
_SHARES = {
    "guitar": 0.95,
    "guitar 2": 0.35,
    "keys": 0.45,
    "pad": 0.15,
    "lead": 0.75,
    "lead 2": 0.2,
    "keys 2": 0.04,
}
_PLAIN = {"major": 8, "mixolydian": 1.5, "minor": 1, "dorian": 0.7}
_OLD = {"major": 5, "minor": 3, "dorian": 2, "mixolydian": 1.5}
_BOUNCE, _WALTZ_KICK, _WALTZ_SNARE = ".9 .9 .9 .9", "9. .. ..", ".. 9. 9."

IDIOMS: dict[str, Idiom] = {
    "country": Idiom(
        kits=(
            Kit(
                ("9. .. 9. ..", "9. .. 9. .3"), (BACKBEAT,), (EIGHTHS, QUARTERS), HAT, RIDE,
                more=(Voice(54, BACKBEAT, 60, 0.2),),
            ),
            Kit(("9. .. 9. ..",), (BACKBEAT,), (EIGHTHS,), HAT, HAT, STICK, soft=0.92),
        ),
        bass=("r. .. f. ..", "r. .. f. ..", "r. .. f. wa", "r. .. f. r.", "r w f a"),
        comps={
            "guitar": (_BOOM_CHICK, _STRUM, _TRAVIS),
            "keys": (Comp("block", (_BOUNCE, BACKBEAT), (0.4, 0.6), 3, 3), _HOLD), "pad": _PAD,
        },
        melody=SUNG, modes=_PLAIN, named=("folk-I-IV-I-V", "pop-I-vi-IV-V"), gate=(0.75, 0.95),
        p_dominant=0.2,
        forms=("iABAB", "AABA", "ABAB", "iAABAB"), shares=_SHARES,
        programs={**_PROGRAMS, "guitar 2": (27, 25), "lead": (40, 27, 22)},
    ),
    "train": Idiom(
        kits=(
            Kit(
                ("9. .. 9. ..", "9. .9 9. .."), ("5.57 9.57 5.57 9.57", "5557 9557 5557 9557"), (OFFBEATS,),
                PEDAL, PEDAL, ghosts="", soft=0.9, fill=(SNARE,),
            ),
        ),
        bass=("r. .. f. ..", "r. r. f. f.", "r. .. f. wa"),
        comps={
            "guitar": (_BOOM_CHICK, _TRAVIS), "keys": (Comp("block", (_BOUNCE,), (0.3, 0.5), 3, 3), _HOLD),
            "pad": _PAD,
        },
        melody=SUNG, modes=_PLAIN, named=("folk-I-IV-I-V", "blues-12"), gate=(0.7, 0.9), p_dominant=0.15,
        shares=_SHARES, programs=_PROGRAMS,
        forms=("iABAB", "AABA", "AAAA", "ABAB"),
    ),
    "folk": Idiom(
        kits=(
            Kit(
                ("9. .. .. ..", "9. .. .5 ..", "9. .. 9. .."), (BACKBEAT, ".. .. 9. ..", ".. .. .. 9."),
                (QUARTERS, EIGHTHS), HAT, RIDE, STICK, soft=0.8,
                more=(Voice(70, EIGHTHS, 46, 0.6), Voice(54, BACKBEAT, 52, 0.4)),
            ),
        ),
        bass=("r. .. r. ..", "r. .. f. ..", "r. .. .. .a", "r. .f r. .a"),
        comps={
            "guitar": (_PICK, _STRUM, _TRAVIS),
            "keys": (_HOLD, Comp("block", ("c. 9. b. 9.",), (0.8, 1.0))), "pad": _PAD,
        },
        melody=(*SUNG_SLOW, SUNG[0]), modes=_OLD, colours=("triads",), named=("folk-I-IV-I-V", "pop-canon"),
        p_line=0.4, p_dominant=0.08, loudness=0.88,
        shares={**_SHARES, "guitar 2": 0.45, "pad": 0.35}, programs=_PROGRAMS,
        forms=("AABA", "iABAB", "AABB", "ABAB"),
    ),
    "waltz": Idiom(
        kits=(
            Kit(
                (_WALTZ_KICK, "9. .. .3"), (_WALTZ_SNARE, ".. .. 9.", ".. 9. .."), ("9. 9. 9.", "99 99 99"),
                HAT, RIDE, STICK, soft=0.84,
            ), Kit((_WALTZ_KICK,), (_WALTZ_SNARE,), ("9. 9. 9.",), HAT, RIDE, soft=0.84),
        ),
        bass=("r. .. ..", "r. .. .. f. .. ..", "r. .. f.", "r. .. .a", "r. .. .. f. .. wa"),
        comps={
            "guitar": (
                Comp("block", (".. 9. 9.", ".. 9. 97", "b. 9. 9."), (0.4, 0.8), 3, 2),
                Comp("arp", ("99 99 99",), (0.9, 1.0), 4),
            ), "keys": (Comp("block", (".. 9. 9.", "b. 9. 9."), (0.4, 0.8), 3, 3), _HOLD), "pad": _PAD,
        },
        melody=SUNG_3, modes=_OLD, colours=("triads", "dominants", "dominants"),
        named=("folk-I-IV-I-V", "ii-v-i-circle"), p_dominant=0.25, p_line=0.35, bars=(8, 8, 16),
        paces={"long": 2, "even": 3, "wide": 2}, shares={**_SHARES, "keys": 0.65, "guitar": 0.75},
        programs={**_PROGRAMS, "lead": (40, 21, 73, 22)}, forms=("AABA", "AABB", "iABAB", "ABAC"),
        loudness=0.9,
    ),
    "jig": Idiom(
        kits=(
            Kit(
                ("9.. ...", "9.. 5.. 9.. 9..", "9.. ..3"), ("... 9..", "... 9.. ... 9.5"),
                ("999 999", "9.9 9.9", "9.. 9.."), HAT, RIDE, soft=0.88,
                more=(Voice(54, "9.5 9.5", 52, 0.4),),
            ),
        ),
        bass=("r.. f..", "r.. r..", "r.. ... f.. ..a", "r.r f.a", "r.. ..."),
        comps={
            "guitar": (
                Comp("block", ("9.5 9.5", "9.. 9.9", "9.9 9.9", "975 975"), (0.6, 0.95), 4, 0, 70),
                Comp("arp", ("999 999",), (0.9, 1.0), 4),
            ),
            "keys": (
                Comp("block", ("b.9 b.9", "c.. 9.."), (0.5, 0.9), 3, 3),
                Comp("arp", ("999 999",), (0.9, 1.0), 4, 2, 64), _HOLD,
            ), "pad": _PAD,
        },
        melody=SUNG_6, modes=_OLD, colours=("triads",), named=("folk-I-IV-I-V", "pop-I-V-vi-IV"),
        paces={"long": 2, "even": 3}, p_dominant=0.08, bars=(8, 8, 16),
        shares={**_SHARES, "keys": 0.5}, programs={**_PROGRAMS, "lead": (40, 73, 75, 109)},
        forms=("AABB", "AABA", "iABAB", "AABBAABB"),
    ),
    "jazzwaltz": Idiom(
        kits=(
            Kit(
                ("9. .. ..", "9. .. .5", ".. .5 .. 9. .. .."), (".. .. ..", ".. 5. .5", ".. .3 3."),
                ("9. 95 95", "9. 99 9."), RIDE, RIDE, soft=0.8, more=(Voice(PEDAL, ".. 9. ..", 60, 1.0),),
            ),
        ),
        bass=("r w a", "r w w", "r. .. a.", "r. .w a."),
        comps={
            "keys": (
                Comp(
                    "block", ("9. .9 ..", ".. 9. 5.", ".9 .. .5", "9. .. .. .9 .. .."), (0.5, 0.95), 4, 0,
                    70,
                ),
            ), "guitar": (Comp("block", ("9 9 9", ".. 9. 9.", "9. .9 .."), (0.4, 0.8), 3, 4, 64),),
            "pad": _PAD,
        },
        melody=("75 55 65 8. 5. ..", "8. .5 65 5. .. ..", ".5 55 75 55 8. .."),
        modes={"major": 4, "minor": 2, "dorian": 1}, colours=("sevenths",),
        named=("ii-v-i-down", "ii-v-i-circle", "ii-v-i-minor"), p_dominant=0.45,
        paces={"wide": 4, "even": 1}, gate=(0.88, 0.98), forms=("AABA", "ABAC", "AABA"), bars=(8, 16),
        p_line=0.1, loudness=0.94,
        shares={"keys": 0.8, "guitar": 0.5, "lead": 0.7, "lead 2": 0.1, "pad": 0.05},
        programs={
            "drums": (32, 40), "bass": (32,), "keys": (0, 4, 11), "guitar": (26,), "lead": (65, 66, 56, 73),
            "lead 2": (57,), "pad": (48,),
        },
    ),
}  # fmt: skip
