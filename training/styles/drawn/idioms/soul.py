"""Soul, Motown and hip-hop, which the codec calls funk."""

from training.styles.drawn.idioms.hands import (
    ARP,
    CHOPS,
    CLAP,
    CONGA_LOW,
    HOLD,
    PAD,
    PROGRAMS,
    SCRATCH,
    SHARES,
    SOULFUL,
    TAMBOURINE,
)
from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    BACKBEAT,
    EIGHTHS,
    QUARTERS,
    SIXTEENTHS,
    SUNG,
    SUNG_16,
    SUNG_OFF,
)  # fmt: skip
from training.styles.drums import HAT, RIDE, STICK

IDIOMS: dict[str, Idiom] = {
    "motown": Idiom(
        kits=(
            Kit(
                ("9. .5 97 .3", "9. .9 .9 .."), ("9. 9. 9. 9.", BACKBEAT), (EIGHTHS,),
                more=(Voice(TAMBOURINE, "59 99 59 99", 66, 0.8),),
            ),
        ),
        bass=("r..5 ..5t ..f. s.5a", "r. 5t .f 5a", "r..r ..t. f..f s.a.", "r.5. t..f ..s. f.ta"),
        comps={
            "keys": (Comp("block", (QUARTERS, EIGHTHS, "9. .9 .9 9."), (0.5, 0.8)), HOLD),
            "guitar": (Comp("block", (BACKBEAT,), (0.15, 0.25), 3, 6, 82), SCRATCH),
            "pad": (Comp("hold", (), (0.95, 1.0), 3, 5, 62),),
        },
        melody=(*SUNG, *SUNG_OFF), colours=("dominants", "sevenths", "triads"),
        modes={"major": 5, "minor": 2, "mixolydian": 2, "dorian": 1}, p_dominant=0.2, gate=(0.7, 0.92),
        programs={
            **PROGRAMS, "keys": (0, 16, 4), "lead": (65, 66, 53, 56), "lead 2": (56, 57), "pad": (48,),
        }, shares={**SHARES, "lead 2": 0.35, "guitar": 0.85},
    ),
    "hiphop": Idiom(
        kits=(
            Kit(
                ("9..5 ..3. .59. ...3", "9.5. ...7 ..9. .3..", "9... ..57 ..7. ...."), (BACKBEAT,),
                (EIGHTHS, "9.97 9.9. 9.97 9.95", SIXTEENTHS), HAT, HAT, ghosts="...1 ..1. .1.1 ...1",
            ),
            Kit(
                ("9... ...5 ..9. ...5", "9..9 .... ..5. ..5."), (".. 9. .. 9.",),
                ("9.9. 9.9. 9.99 9.9.", "9999 9.9. 9999 9.9."), HAT, HAT, snare=CLAP,
            ),
        ),
        bass=("k", "k", "r... ...r ..5. ...a", "r..r .... ..ro ....", "r... .... ..5. 5..."),
        comps={
            "keys": (
                Comp(
                    "block", ("9... ..9. .... ....", "9..9 .... ..5. ....", "..9. .... ..9. ...."),
                    (0.5, 0.9), 4, 0, 68,
                ), Comp("arp", ("9.7. 9.7. 9.7. 9.7.", "9..9 ..9. 9..9 ..5."), (0.6, 0.9), 4, 4, 64), HOLD,
            ), "guitar": (Comp("riff", ("9..7 ..7. .7.. 5...",), (0.6, 0.9), lift=0, velocity=70), ARP),
            "pad": PAD,
        },
        melody=("9.79 7.7. .7.9 7... 9.79 7.7. 5... ....", "..77 9.7. ..77 9... ..77 9.7. 7... ...."),
        modes={"minor": 5, "dorian": 3, "major": 1}, colours=("sevenths", "triads", "sevenths"),
        paces={"long": 3, "even": 3}, forms=("iAABA", "iABAB", "AAAA", "iAAABA"), p_dominant=0.05,
        p_line=0.1, named=("dorian-vamp", "pop-i-VI-III-VII"), lead_lift=-3,
        programs={
            **PROGRAMS, "drums": (25, 0, 8), "bass": (33, 38, 39), "keys": (4, 5, 0),
            "lead": (80, 65, 73, 11), "guitar": (27, 26),
        },
        shares={**SHARES, "guitar": 0.3, "lead": 0.5, "guitar 2": 0.02, "pad": 0.4},
    ),
    "soul": Idiom(
        kits=(
            Kit(
                ("9..3 ..5. .57. ...3", "9..7 .... ..9. .5.."), (BACKBEAT,), (EIGHTHS, SIXTEENTHS), HAT,
                RIDE, ghosts=".1.2 ..21 .2.1 ..21", snare=STICK, soft=0.9,
                more=(Voice(CONGA_LOW, "..5. ..77 ..5. ..77", 56, 0.3),),
            ),
            Kit(
                ("9..3 ..5. .57. ...3",), (BACKBEAT,), (EIGHTHS,), HAT, RIDE, ghosts=".1.2 ..21 .2.1 ..21",
                soft=0.92,
            ),
        ),
        bass=("k", "r..5 ..rs ..r. .5ta", "r... .t.f ..r. ..sa", "r.x. 5.s. r..x o.5a"),
        comps={
            "keys": (
                Comp(
                    "block", ("9... ..9. .5.. 9...", "9..9 ..9. .... 5..5", "..9. 9... ..9. 9..."),
                    (0.6, 0.95), 4,
                ), HOLD,
            ), "guitar": (CHOPS, SCRATCH, ARP), "pad": PAD,
        },
        melody=SUNG_16, modes=SOULFUL, colours=("sevenths",), p_dominant=0.3,
        paces={"even": 3, "quick": 3, "wide": 2, "long": 1}, named=("dorian-vamp", "ii-v-i-minor", "pop-royal-road"),
        loudness=0.94,
        programs={**PROGRAMS, "keys": (4, 5, 16), "lead": (53, 65, 66, 56), "guitar": (27, 26)},
        shares={**SHARES, "lead 2": 0.3, "keys": 0.95},
    ),
}  # fmt: skip
