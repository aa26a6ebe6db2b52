"""What a copilot's part is worth: jams with a part held out, and exact scores of what was played instead.

songs.py         which files; survey.py: which of them can be judged for which part, and why the others can't
hold_out.py      a file → the part held out, and the band; excerpt.py: a stretch of a score
jams.py          one jam through the live session → what was sent; variations.py: jams with a band that turns
jobs.py          what there is to do, and what came of it; worker.py does one job, pool.py all, results.py keeps them
traces.py        latencies that were recorded, charged again
rows.py          results → a player's row, with intervals; goals.py: what a model is meant to reach beside it
report.py        tables of rows: report.json; cases.py, page/: the page to look at and listen to
bits.py          what the real part costs a model, and PPM-C; material.py: what baselines may learn from
baselines/       players without a model, as engines
take.py          one jam to be judged
las.py           all its marks, and LAS over them: `judge`
harmony.py       HAR, FOL, CON; rhythm.py: SYN, GRV, ACT; distribution.py: DIST; chance.py: κ
grid.py          bars, beats, frames and seconds of a take; chords.py: the context's chords; kit.py: groups of drums
perturb.py       a band that changes key or tempo, or stops; liveliness.py: how soon a part has coped
cheating.py      doubling, looping, one answer for all seeds; quotes.py: the longest run quoted from training
intervals.py     means, differences and G over songs, with 95% intervals
selfcheck.py     basses whose order any musician would give
"""
