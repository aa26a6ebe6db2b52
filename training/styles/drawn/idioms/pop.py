"""Pop: eighths, sixteenths, ballads, slow rock in triplets."""

from training.styles.drawn.idioms.hands import (
    ARP,
    BLOCKS,
    CHOPS,
    CLAP,
    HANDS,
    HOLD,
    LOOPS,
    MUTED,
    PAD,
    PROGRAMS,
    SCRATCH,
    SHAKER,
    SHARES,
    SOULFUL,
    STRUM,
    TAMBOURINE,
)
from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    BACKBEAT,
    EIGHTHS,
    OFFBEATS,
    QUARTERS,
    SIXTEENTHS,
    SUNG,
    SUNG_6,
    SUNG_16,
    SUNG_SLOW,
    SUNG_TRIPLETS,
    TRIPLETS,
)  # fmt: skip
from training.styles.drums import HAT, OPEN_HAT, RIDE, STICK

IDIOMS: dict[str, Idiom] = {
    "pop": Idiom(
        kits=(
            Kit(
                ("9. .3 76 .3", "9. .9 .9 .3", "9. .. 97 .."), (BACKBEAT,), (EIGHTHS,),
                more=(Voice(TAMBOURINE, BACKBEAT, 70, 0.4), Voice(CLAP, BACKBEAT, 80, 0.25)),
            ),
            Kit(("9. 9. 9. 9.", "9. .7 97 .2"), (BACKBEAT,), (EIGHTHS, OFFBEATS), HAT, OPEN_HAT),
        ),
        bass=("k", "k", "rr rr rr rr", "r. .r .r ra", "r. .5 r5 .a", "r. .. .r ra"),
        comps={
            "keys": (BLOCKS, HANDS, ARP, HOLD), "guitar": (STRUM, MUTED, CHOPS, ARP), "pad": PAD,
        },
        melody=SUNG, named=LOOPS, shares=SHARES, programs=PROGRAMS,
        colours=("triads", "triads", "dominants", "sevenths"),
    ),
    "pop16": Idiom(
        kits=(
            Kit(
                ("9..3 ..5. .57. ..3.", "9..7 .... ..9. .3..", "9.3. ..57 ..7. ...2"), (BACKBEAT,),
                (SIXTEENTHS, EIGHTHS), ghosts="..11 .1.2 .2.1 .1.2",
                more=(Voice(SHAKER, SIXTEENTHS, 46, 0.4),),
            ),
            Kit(
                ("9..9 ..9. ..9. ....", "9... ...5 .79. ..3."), (BACKBEAT,), (EIGHTHS,), snare=STICK,
                quiet=HAT, loud=HAT,
            ),
        ),
        bass=("k", "k", "r..5 ..5. r.5. ..5a", "r... ..rr ..5. ..a.", "r..r ..r. ..r. .5.a"),
        comps={
            "keys": (
                Comp(
                    "block", ("9..9 ..9. ..9. 5...", "9... ..9. 7..9 ..5.", "...9 ..9. .9.. 9..."),
                    (0.6, 0.95), 4,
                ), HANDS, HOLD,
            ), "guitar": (SCRATCH, CHOPS, STRUM, ARP), "pad": PAD,
        },
        melody=SUNG_16, named=LOOPS, shares=SHARES, programs=PROGRAMS,
        colours=("triads", "dominants", "sevenths"), modes=SOULFUL,
    ),
    "ballad": Idiom(
        kits=(
            Kit(
                ("9. .. .3 ..", "9. .5 .3 ..", "9. .. 97 .."), (BACKBEAT,), (EIGHTHS, QUARTERS), HAT, RIDE,
                soft=0.86,
            ),
            Kit(("9. .. .5 ..", "9. .7 .. .."), (BACKBEAT,), (EIGHTHS,), HAT, HAT, STICK, soft=0.82),
        ),
        bass=("r. .. r. .a", "r. .r r. .a", "r. .. f. ..", "r. .r .. .a", "k"),
        comps={
            "keys": (HANDS, ARP, Comp("block", (QUARTERS, "9. 97 97 97"), (0.9, 1.0)), HOLD),
            "guitar": (ARP, Comp("arp", (EIGHTHS,), (0.9, 1.0), 4)), "pad": PAD,
        },
        melody=SUNG_SLOW, colours=("triads", "dominants", "sevenths"), p_dominant=0.25, p_line=0.55,
        named=(*LOOPS, "pop-canon"),
        paces={"even": 4, "quick": 2, "wide": 2, "long": 1}, loudness=0.88,
        shares={**SHARES, "keys": 0.95, "pad": 0.7, "guitar": 0.5},
        programs={**PROGRAMS, "guitar": (25, 24), "pad": (48, 49, 89), "lead": (73, 65, 53, 40, 71)},
    ),
    "ballad16": Idiom(
        kits=(
            Kit(
                ("9..5 .... ..7. ..3.", "9... ...5 ..9. ....", "9..9 ..9. .... ...."), (BACKBEAT,),
                (EIGHTHS, SIXTEENTHS), HAT, RIDE, ghosts=".... ...1 .1.. ...1", soft=0.86,
                more=(Voice(SHAKER, SIXTEENTHS, 42, 0.4),),
            ),
        ),
        bass=("r..r ..r. r... ..a.", "r... ..5. r..5 ..a.", "k", "r..5 .... f..5 ...."),
        comps={
            "keys": (
                Comp(
                    "arp", (SIXTEENTHS, "9999 9999 9999 9999", "9.99 9.99 9.99 9.99"), (0.95, 1.0), 4, 2,
                    62,
                ), HANDS, HOLD,
            ), "guitar": (Comp("arp", ("9.99 9.99 9.99 9.99", EIGHTHS), (0.95, 1.0), 4, 0, 64), STRUM),
            "pad": PAD,
        },
        melody=(*SUNG_16, *SUNG_SLOW[1:]), colours=("triads", "dominants", "sevenths"), p_dominant=0.2,
        p_line=0.45, named=LOOPS, loudness=0.88,
        shares={**SHARES, "keys": 0.95, "pad": 0.7},
        programs={**PROGRAMS, "keys": (0, 4, 5), "guitar": (25, 24), "lead": (53, 64, 73, 65)},
    ),
    "sway": Idiom(
        kits=(
            Kit(("9.. ..3", "9.. ...", "9.5 ..3"), ("... 9..",), ("999 999", "9.9 9.9"), HAT, RIDE, soft=0.92),
            Kit(("9.. ...", "9.. ..5 9.. ..."), ("... 9..",), ("9.. 9..", "999 999"), HAT, OPEN_HAT),
        ),
        bass=("r.. r..", "r.. ..a", "r.. f..", "r.r ..a", "r.. ... f.. ..a", "k"),
        comps={
            "keys": (
                Comp("arp", ("999 999",), (0.9, 1.0), 4, 2, 64),
                Comp("block", ("999 999", "9.. 9.9", "c.9 b.9"), (0.7, 0.95), 3, 3, 66),
                HOLD,
            ),
            "guitar": (
                Comp("arp", ("999 999", "9.9 999"), (0.9, 1.0), 4, 0, 66),
                Comp("power", ("9.. 9..", "999 999"), (0.7, 0.95), velocity=74),
                Comp("block", ("9.9 9.9", "9.. 9.9"), (0.7, 0.95), 4, 0, 68),
            ),
            "pad": PAD,
        },
        melody=SUNG_6, named=LOOPS, p_dominant=0.15, p_line=0.4, paces={"long": 3, "even": 3, "wide": 1},
        bars=(8, 16, 16), loudness=0.94, shares={**SHARES, "guitar": 0.75},
        programs={**PROGRAMS, "guitar": (25, 27, 29), "lead": (53, 65, 29)},
    ),
    "doowop": Idiom(
        kits=(
            Kit(
                ("9.. ..5 9.. ...", "9.. ... 9.5 ..."), ("... 9.. ... 9..",), (TRIPLETS,), HAT, RIDE,
                soft=0.9,
            ),
        ),
        bass=("r.. ..r r.. ..a", "r.. t.. f.. s..", "r.. ... f.. ..a", "r.. f.. r.. f.a"),
        comps={
            "keys": (Comp("block", (TRIPLETS,), (0.7, 0.9), 3, 3, 66), HOLD),
            "guitar": (
                Comp("arp", (TRIPLETS,), (0.9, 1.0), 4),
                Comp("block", ("... 9.. ... 9..",), (0.3, 0.4), 3, 4),
            ), "pad": PAD,
        },
        melody=SUNG_TRIPLETS, colours=("triads", "dominants"), p_dominant=0.3,
        forms=("AABA", "iAABA", "ABAB"), named=("pop-I-vi-IV-V",), modes={"major": 8, "minor": 1.5},
        loudness=0.92, programs={**PROGRAMS, "bass": (32, 33), "keys": (0, 1), "lead": (53, 66, 65)},
        shares={**SHARES, "lead 2": 0.35},
    ),
}  # fmt: skip
