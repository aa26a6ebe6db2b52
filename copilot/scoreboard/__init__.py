"""What a copilot's part is worth: jams with a part held out, and exact scores of what was played instead.

take.py          one jam to be judged
las.py           all its marks, and LAS over them: `judge`
harmony.py       HAR, FOL, CON; rhythm.py: SYN, GRV, ACT; distribution.py: DIST; chance.py: κ
grid.py          bars, beats, frames and seconds of a take; chords.py: the context's chords; kit.py: groups of drums
perturb.py       a band that changes key or tempo, or stops; liveliness.py: how soon a part has coped
cheating.py      doubling, looping, one answer for all seeds; quotes.py: the longest run quoted from training
intervals.py     means, differences and G over songs, with 95% intervals
selfcheck.py     basses whose order any musician would give
"""
