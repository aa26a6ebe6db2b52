"""Pop that is danced to: disco, house, synthwave."""

from training.styles.drawn.idioms.hands import (
    ARP,
    BLOCKS,
    CHOPS,
    CLAP,
    CONGA_HIGH,
    HOLD,
    MUTED,
    PAD,
    PROGRAMS,
    SCRATCH,
    SHAKER,
    SHARES,
    SYNTH,
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
    SUNG_16,
    SUNG_OFF,
)  # fmt: skip
from training.styles.drums import HAT, OPEN_HAT, SNARE

IDIOMS: dict[str, Idiom] = {
    "disco": Idiom(
        kits=(
            Kit(
                (QUARTERS,), (BACKBEAT,), (OFFBEATS, "9.97 9.97 9.97 9.97", EIGHTHS), HAT, OPEN_HAT,
                ghosts="...1 ..1. ...1 ..1.",
                more=(
                    Voice(CLAP, BACKBEAT, 84, 0.5), Voice(TAMBOURINE, SIXTEENTHS, 50, 0.35),
                    Voice(CONGA_HIGH, "..5. 5..7 ..5. 7.5.", 62, 0.4),
                ),
            ),
        ),
        bass=(
            "ro ro ro ro", "r.oo r.oo r.oo r.oa", "r.r. o.5. r.r. o.5a", "r..r ..o. .5r. o.5a",
            "rr oo rr oa",
        ),
        comps={
            "keys": (
                BLOCKS, Comp("block", (".9 .9 .9 .9", "..9. ..95 ..9. ..95"), (0.4, 0.7), 4, 2), HOLD,
            ), "guitar": (SCRATCH, CHOPS), "pad": (Comp("hold", (), (0.95, 1.0), 3, 6, 66), *PAD),
        },
        melody=(*SUNG_16, *SUNG_OFF), modes={"minor": 5, "major": 2, "dorian": 2},
        colours=("sevenths", "triads", "sevenths"),
        named=("pop-vi-IV-I-V", "pop-i-VI-III-VII", "circle-minor"), gate=(0.6, 0.9),
        programs={**PROGRAMS, "pad": (48, 49, 50), "lead": (81, 53, 61, 48), "guitar": (27, 28)},
        shares={**SHARES, "guitar": 0.8, "pad": 0.7}, loudness=1.04,
    ),
    "house": Idiom(
        kits=(
            Kit(
                (QUARTERS,), (".. 9. .. 9.", ".. .. .. .."), (OFFBEATS, "9.97 9.97 9.97 9.97"), HAT,
                OPEN_HAT, snare=CLAP,
                more=(Voice(SHAKER, SIXTEENTHS, 48, 0.5), Voice(75, "..9. .9.. 9.5. .5..", 60, 0.3)),
            ),
        ),
        bass=(
            ".r .r .r .r", "..r. ..rr ..r. ..ro", "r..r ..r. .r.. r.r.", "rr or rr or",
            "r..5 ..r. ..5. r.5.",
        ),
        comps={
            "keys": (
                Comp(
                    "block", ("9..9 ..9. .9.. 9...", "9..9 ..9. ..9. .9..", ".9 .9 .9 .9"), (0.4, 0.8), 4,
                    2,
                ), SYNTH, HOLD,
            ), "guitar": (SCRATCH,), "pad": PAD,
        },
        melody=("9..7 ..7. .7.. 9... 9..7 ..7. 5... ....", *SUNG_OFF),
        modes={"minor": 6, "dorian": 2, "major": 1.5}, colours=("triads", "sevenths"),
        paces={"long": 2, "even": 4}, forms=("iAABA", "iABAB", "AABB", "iAAAA", "ABCB"), gate=(0.5, 0.85),
        p_dominant=0.0,
        programs={
            **PROGRAMS, "drums": (24, 25), "bass": (38, 39), "keys": (81, 5, 90), "keys 2": (81, 88),
            "pad": (89, 90, 95), "lead": (80, 81, 84),
        },
        shares={**SHARES, "guitar": 0.08, "guitar 2": 0.0, "keys": 0.95, "keys 2": 0.5, "pad": 0.7},
    ),
    "synthwave": Idiom(
        kits=(
            Kit(
                ("9. .. 9. ..", "9. .3 97 ..", QUARTERS), (BACKBEAT,), (EIGHTHS, SIXTEENTHS), HAT, OPEN_HAT,
                fill=(SNARE, 48, 45, 41), more=(Voice(CLAP, BACKBEAT, 70, 0.3),),
            ),
        ),
        bass=(
            "rr rr rr rr", "rrrr rrrr rrrr rrrr", ".rrr .rrr .rrr .rrr", "ro ro ro ro",
            "r.rr .rr. r.rr .rra",
        ),
        comps={
            "keys": (
                SYNTH,
                Comp("block", ("9. .9 .. 9.", "9..9 ..9. .... ....", "9. .. .. .."), (0.6, 0.95), 3, 3),
                HOLD,
            ), "guitar": (MUTED, ARP), "pad": PAD,
        },
        melody=("9. .7 .. 7. 9. .. 7. ..", *SUNG[:1], "9... ..7. 7... ..7. 9... .... .... ...."),
        modes={"minor": 6, "dorian": 2, "major": 2}, colours=("triads", "triads", "sevenths"),
        paces={"long": 3, "even": 3}, p_dominant=0.0, gate=(0.6, 0.9),
        named=("pop-vi-IV-I-V", "pop-i-VI-III-VII"),
        programs={
            **PROGRAMS, "drums": (24, 16), "bass": (38, 39), "keys": (81, 90, 5), "keys 2": (81, 90),
            "pad": (90, 50, 95), "lead": (81, 84, 80),
        }, shares={**SHARES, "guitar": 0.25, "keys 2": 0.45, "pad": 0.75},
    ),
}  # fmt: skip
