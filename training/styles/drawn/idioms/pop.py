"""Pop: eighths, sixteenths, disco, house, ballads; and Motown, soul and hip-hop, which the codec calls funk."""

from training.styles.drawn.idioms.model import Comp, Idiom, Kit, Voice
from training.styles.drawn.idioms.rhythms import (
    BACKBEAT, EIGHTHS, OFFBEATS, QUARTERS, SIXTEENTHS, SUNG, SUNG_16, SUNG_OFF, SUNG_SLOW, SUNG_TRIPLETS, TRIPLETS,
)  # fmt: skip
from training.styles.drums import HAT, OPEN_HAT, RIDE, STICK

_CLAP, _TAMBOURINE, _SHAKER, _CONGA_LOW, _CONGA_HIGH = 39, 54, 70, 64, 63
_HOLD = Comp("hold", (), (0.95, 1.0), 3, 0, 60)
_PAD = (_HOLD, Comp("hold", (), (0.95, 1.0), 4, 0, 56))
_BLOCKS = Comp("block", (QUARTERS, "9. .9 .9 ..", "9. .9 .9 .5", "9. .5 9. .5"), (0.75, 0.97))
_HANDS = Comp("block", ("c. 9. b. 9.", "c. .9 b9 .9", "c. 9. 9. 9f", "c. .9 .9 b."), (0.8, 1.0), 3, 4, 70)
_ARP = Comp("arp", (EIGHTHS, "99 97 99 97"), (0.9, 1.0), 4, 2, 66)
_STRUM = Comp("block", ("9. 95 .9 95", "9... 9.75 ..95 9.75", "9. 9. .9 9.", "9.7. 9.75 .59. 9.75"), (0.6, 0.95), 4, 0, 70)
_MUTED = Comp("power", (EIGHTHS,), (0.35, 0.5), velocity=66)
_CHOPS = Comp("block", (".9 .. .9 ..", ".. 9. .. 9.", "...7 9..5 ...7 9..5"), (0.2, 0.4), 3, 5, 74)
_SCRATCH = Comp("block", ("9.59 .59. 9.59 .5.9", ".59. 7.95 .59. 7.95", "9..9 ..9. .9.. 9.5."), (0.4, 0.6), 3, 5, 72)
_SYNTH = Comp("arp", (SIXTEENTHS, "9999 9999 9999 9999", "9.99 9.99 9.99 9.99"), (0.4, 0.7), 4, 5, 66)
_PROGRAMS = {
    "drums": (0, 8, 25), "bass": (33, 34, 38), "keys": (0, 1, 4, 5), "keys 2": (81, 16, 11), "guitar": (27, 25, 28),
    "guitar 2": (25, 27), "pad": (89, 48, 50), "lead": (80, 81, 53, 65, 73), "lead 2": (52, 56),
}  # fmt: skip
_SHARES = {"keys": 0.85, "guitar": 0.65, "keys 2": 0.25, "guitar 2": 0.2, "pad": 0.5, "lead": 0.75, "lead 2": 0.15}
_LOOPS = ("pop-I-V-vi-IV", "pop-vi-IV-I-V", "pop-I-vi-IV-V", "pop-i-VI-III-VII", "pop-canon", "pop-royal-road")
_SOULFUL = {"major": 4, "minor": 3, "dorian": 2, "mixolydian": 1}

IDIOMS: dict[str, Idiom] = {
    "pop": Idiom(
        kits=(
            Kit(("9. .3 76 .3", "9. .9 .9 .3", "9. .. 97 .."), (BACKBEAT,), (EIGHTHS,), more=(Voice(_TAMBOURINE, BACKBEAT, 70, 0.4), Voice(_CLAP, BACKBEAT, 80, 0.25))),
            Kit(("9. 9. 9. 9.", "9. .7 97 .2"), (BACKBEAT,), (EIGHTHS, OFFBEATS), HAT, OPEN_HAT),
        ),
        bass=("k", "k", "rr rr rr rr", "r. .r .r ra", "r. .5 r5 .a", "r. .. .r ra"),
        comps={"keys": (_BLOCKS, _HANDS, _ARP, _HOLD), "guitar": (_STRUM, _MUTED, _CHOPS, _ARP), "pad": _PAD},
        melody=SUNG, named=_LOOPS, shares=_SHARES, programs=_PROGRAMS, colours=("triads", "triads", "dominants", "sevenths"),
    ),
    "pop16": Idiom(
        kits=(
            Kit(("9..3 ..5. .57. ..3.", "9..7 .... ..9. .3..", "9.3. ..57 ..7. ...2"), (BACKBEAT,), (SIXTEENTHS, EIGHTHS), ghosts="..11 .1.2 .2.1 .1.2", more=(Voice(_SHAKER, SIXTEENTHS, 46, 0.4),)),
            Kit(("9..9 ..9. ..9. ....", "9... ...5 .79. ..3."), (BACKBEAT,), (EIGHTHS,), snare=STICK, quiet=HAT, loud=HAT),
        ),
        bass=("k", "k", "r..5 ..5. r.5. ..5a", "r... ..rr ..5. ..a.", "r..r ..r. ..r. .5.a"),
        comps={"keys": (Comp("block", ("9..9 ..9. ..9. 5...", "9... ..9. 7..9 ..5.", "...9 ..9. .9.. 9..."), (0.6, 0.95), 4), _HANDS, _HOLD), "guitar": (_SCRATCH, _CHOPS, _STRUM, _ARP), "pad": _PAD},
        melody=SUNG_16, named=_LOOPS, shares=_SHARES, programs=_PROGRAMS, colours=("triads", "dominants", "sevenths"), modes=_SOULFUL,
    ),
    "disco": Idiom(
        kits=(
            Kit((QUARTERS,), (BACKBEAT,), (OFFBEATS, "9.97 9.97 9.97 9.97", EIGHTHS), HAT, OPEN_HAT, ghosts="...1 ..1. ...1 ..1.", more=(Voice(_CLAP, BACKBEAT, 84, 0.5), Voice(_TAMBOURINE, SIXTEENTHS, 50, 0.35), Voice(_CONGA_HIGH, "..5. 5..7 ..5. 7.5.", 62, 0.4))),
        ),
        bass=("ro ro ro ro", "r.oo r.oo r.oo r.oa", "r.r. o.5. r.r. o.5a", "r..r ..o. .5r. o.5a", "rr oo rr oa"),
        comps={"keys": (_BLOCKS, Comp("block", (".9 .9 .9 .9", "..9. ..95 ..9. ..95"), (0.4, 0.7), 4, 2), _HOLD), "guitar": (_SCRATCH, _CHOPS), "pad": (Comp("hold", (), (0.95, 1.0), 3, 6, 66), *_PAD)},
        melody=(*SUNG_16, *SUNG_OFF), modes={"minor": 5, "major": 2, "dorian": 2}, colours=("sevenths", "triads", "sevenths"),
        named=("pop-vi-IV-I-V", "pop-i-VI-III-VII", "circle-minor"), gate=(0.6, 0.9), programs={**_PROGRAMS, "pad": (48, 49, 50), "lead": (81, 53, 61, 48), "guitar": (27, 28)},
        shares={**_SHARES, "guitar": 0.8, "pad": 0.7}, loudness=1.04,
    ),
    "house": Idiom(
        kits=(
            Kit((QUARTERS,), (".. 9. .. 9.", ".. .. .. .."), (OFFBEATS, "9.97 9.97 9.97 9.97"), HAT, OPEN_HAT, snare=_CLAP, more=(Voice(_SHAKER, SIXTEENTHS, 48, 0.5), Voice(75, "..9. .9.. 9.5. .5..", 60, 0.3))),
        ),
        bass=(".r .r .r .r", "..r. ..rr ..r. ..ro", "r..r ..r. .r.. r.r.", "rr or rr or", "r..5 ..r. ..5. r.5."),
        comps={"keys": (Comp("block", ("9..9 ..9. .9.. 9...", "9..9 ..9. ..9. .9..", ".9 .9 .9 .9"), (0.4, 0.8), 4, 2), _SYNTH, _HOLD), "guitar": (_SCRATCH,), "pad": _PAD},
        melody=("9..7 ..7. .7.. 9... 9..7 ..7. 5... ....", *SUNG_OFF), modes={"minor": 6, "dorian": 2, "major": 1.5}, colours=("triads", "sevenths"),
        paces={"long": 2, "even": 4}, forms=("iAABA", "iABAB", "AABB", "iAAAA", "ABCB"), gate=(0.5, 0.85), p_dominant=0.0,
        programs={**_PROGRAMS, "drums": (24, 25), "bass": (38, 39), "keys": (81, 5, 90), "keys 2": (81, 88), "pad": (89, 90, 95), "lead": (80, 81, 84)},
        shares={**_SHARES, "guitar": 0.08, "guitar 2": 0.0, "keys": 0.95, "keys 2": 0.5, "pad": 0.7},
    ),
    "ballad": Idiom(
        kits=(
            Kit(("9. .. .3 ..", "9. .5 .3 ..", "9. .. 97 .."), (BACKBEAT,), (EIGHTHS, QUARTERS), HAT, RIDE, soft=0.86),
            Kit(("9. .. .5 ..", "9. .7 .. .."), (BACKBEAT,), (EIGHTHS,), HAT, HAT, STICK, soft=0.82),
        ),
        bass=("r. .. r. .a", "r. .r r. .a", "r. .. f. ..", "r. .r .. .a", "k"),
        comps={"keys": (_HANDS, _ARP, Comp("block", (QUARTERS, "9. 97 97 97"), (0.9, 1.0)), _HOLD), "guitar": (_ARP, Comp("arp", (EIGHTHS,), (0.9, 1.0), 4)), "pad": _PAD},
        melody=SUNG_SLOW, colours=("triads", "dominants", "sevenths"), p_dominant=0.25, p_line=0.55, named=(*_LOOPS, "pop-canon"),
        paces={"long": 1, "even": 4, "quick": 2}, loudness=0.88, shares={**_SHARES, "keys": 0.95, "pad": 0.7, "guitar": 0.5},
        programs={**_PROGRAMS, "guitar": (25, 24), "pad": (48, 49, 89), "lead": (73, 65, 53, 40, 71)},
    ),
    "ballad16": Idiom(
        kits=(Kit(("9..5 .... ..7. ..3.", "9... ...5 ..9. ....", "9..9 ..9. .... ...."), (BACKBEAT,), (EIGHTHS, SIXTEENTHS), HAT, RIDE, ghosts=".... ...1 .1.. ...1", soft=0.86, more=(Voice(_SHAKER, SIXTEENTHS, 42, 0.4),)),),
        bass=("r..r ..r. r... ..a.", "r... ..5. r..5 ..a.", "k", "r..5 .... f..5 ...."),
        comps={"keys": (Comp("arp", (SIXTEENTHS, "9999 9999 9999 9999", "9.99 9.99 9.99 9.99"), (0.95, 1.0), 4, 2, 62), _HANDS, _HOLD), "guitar": (Comp("arp", ("9.99 9.99 9.99 9.99", EIGHTHS), (0.95, 1.0), 4, 0, 64), _STRUM), "pad": _PAD},
        melody=(*SUNG_16, *SUNG_SLOW[1:]), colours=("triads", "dominants", "sevenths"), p_dominant=0.2, p_line=0.45, named=_LOOPS, loudness=0.88,
        shares={**_SHARES, "keys": 0.95, "pad": 0.7}, programs={**_PROGRAMS, "keys": (0, 4, 5), "guitar": (25, 24), "lead": (53, 64, 73, 65)},
    ),
    "doowop": Idiom(
        kits=(Kit(("9.. ..5 9.. ...", "9.. ... 9.5 ..."), ("... 9.. ... 9..",), (TRIPLETS,), HAT, RIDE, soft=0.9),),
        bass=("r.. ..r r.. ..a", "r.. t.. f.. s..", "r.. ... f.. ..a", "r.. f.. r.. f.a"),
        comps={"keys": (Comp("block", (TRIPLETS,), (0.7, 0.9), 3, 3, 66), _HOLD), "guitar": (Comp("arp", (TRIPLETS,), (0.9, 1.0), 4), Comp("block", ("... 9.. ... 9..",), (0.3, 0.4), 3, 4)), "pad": _PAD},
        melody=SUNG_TRIPLETS, colours=("triads", "dominants"), p_dominant=0.3, forms=("AABA", "iAABA", "ABAB"), named=("pop-I-vi-IV-V",), modes={"major": 8, "minor": 1.5},
        loudness=0.92, programs={**_PROGRAMS, "bass": (32, 33), "keys": (0, 1), "lead": (53, 66, 65)}, shares={**_SHARES, "lead 2": 0.35},
    ),
    "motown": Idiom(
        kits=(
            Kit(("9. .5 97 .3", "9. .9 .9 .."), ("9. 9. 9. 9.", BACKBEAT), (EIGHTHS,), more=(Voice(_TAMBOURINE, "59 99 59 99", 66, 0.8),)),
        ),
        bass=("r..5 ..5t ..f. s.5a", "r. 5t .f 5a", "r..r ..t. f..f s.a.", "r.5. t..f ..s. f.ta"),
        comps={"keys": (Comp("block", (QUARTERS, EIGHTHS, "9. .9 .9 9."), (0.5, 0.8)), _HOLD), "guitar": (Comp("block", (BACKBEAT,), (0.15, 0.25), 3, 6, 82), _SCRATCH), "pad": (Comp("hold", (), (0.95, 1.0), 3, 5, 62),)},
        melody=(*SUNG, *SUNG_OFF), colours=("dominants", "sevenths", "triads"), modes={"major": 5, "minor": 2, "mixolydian": 2, "dorian": 1}, p_dominant=0.2, gate=(0.7, 0.92),
        programs={**_PROGRAMS, "keys": (0, 16, 4), "lead": (65, 66, 53, 56), "lead 2": (56, 57), "pad": (48,)}, shares={**_SHARES, "lead 2": 0.35, "guitar": 0.85},
    ),
    "hiphop": Idiom(
        kits=(
            Kit(("9..5 ..3. .59. ...3", "9.5. ...7 ..9. .3..", "9... ..57 ..7. ...."), (BACKBEAT,), (EIGHTHS, "9.97 9.9. 9.97 9.95", SIXTEENTHS), HAT, HAT, ghosts="...1 ..1. .1.1 ...1"),
            Kit(("9... ...5 ..9. ...5", "9..9 .... ..5. ..5."), (".. 9. .. 9.",), ("9.9. 9.9. 9.99 9.9.", "9999 9.9. 9999 9.9."), HAT, HAT, snare=_CLAP),
        ),
        bass=("k", "k", "r... ...r ..5. ...a", "r..r .... ..ro ....", "r... .... ..5. 5..."),
        comps={"keys": (Comp("block", ("9... ..9. .... ....", "9..9 .... ..5. ....", "..9. .... ..9. ...."), (0.5, 0.9), 4, 0, 68), Comp("arp", ("9.7. 9.7. 9.7. 9.7.", "9..9 ..9. 9..9 ..5."), (0.6, 0.9), 4, 4, 64), _HOLD), "guitar": (Comp("riff", ("9..7 ..7. .7.. 5...",), (0.6, 0.9), lift=0, velocity=70), _ARP), "pad": _PAD},
        melody=("9.79 7.7. .7.9 7... 9.79 7.7. 5... ....", "..77 9.7. ..77 9... ..77 9.7. 7... ...."), modes={"minor": 5, "dorian": 3, "major": 1}, colours=("sevenths", "triads", "sevenths"),
        paces={"long": 3, "even": 3}, forms=("iAABA", "iABAB", "AAAA", "iAAABA"), p_dominant=0.05, p_line=0.1, named=("dorian-vamp", "pop-i-VI-III-VII"), lead_lift=-3,
        programs={**_PROGRAMS, "drums": (25, 0, 8), "bass": (33, 38, 39), "keys": (4, 5, 0), "lead": (80, 65, 73, 11), "guitar": (27, 26)},
        shares={**_SHARES, "guitar": 0.3, "lead": 0.5, "guitar 2": 0.02, "pad": 0.4},
    ),
    "soul": Idiom(
        kits=(Kit(("9..3 ..5. .57. ...3", "9..7 .... ..9. .5.."), (BACKBEAT,), (EIGHTHS, SIXTEENTHS), HAT, RIDE, ghosts=".1.2 ..21 .2.1 ..21", snare=STICK, soft=0.9, more=(Voice(_CONGA_LOW, "..5. ..77 ..5. ..77", 56, 0.3),)), Kit(("9..3 ..5. .57. ...3",), (BACKBEAT,), (EIGHTHS,), HAT, RIDE, ghosts=".1.2 ..21 .2.1 ..21", soft=0.92)),
        bass=("k", "r..5 ..rs ..r. .5ta", "r... .t.f ..r. ..sa", "r.x. 5.s. r..x o.5a"),
        comps={"keys": (Comp("block", ("9... ..9. .5.. 9...", "9..9 ..9. .... 5..5", "..9. 9... ..9. 9..."), (0.6, 0.95), 4), _HOLD), "guitar": (_CHOPS, _SCRATCH, _ARP), "pad": _PAD},
        melody=SUNG_16, modes=_SOULFUL, colours=("sevenths",), p_dominant=0.3, paces={"long": 1, "even": 3, "quick": 3}, named=("dorian-vamp", "ii-v-i-minor", "pop-royal-road"), loudness=0.94,
        programs={**_PROGRAMS, "keys": (4, 5, 16), "lead": (53, 65, 66, 56), "guitar": (27, 26)}, shares={**_SHARES, "lead 2": 0.3, "keys": 0.95},
    ),
}  # fmt: skip
