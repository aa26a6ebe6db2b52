"""The corpus: MIDI from anywhere → songs on the codec's grid, in memory-mapped shards with a manifest.

`build` makes one, `Corpus` reads it. On the way: `sources` (what the configuration means), `plan` (what there is to
read, in units of work), `units` (the jobs), `isolation` and `reader` (one file, in a process that it may kill),
`make` (a file's song), `settle` (duplicates and splits), `pack` (shards), `store` (the finished corpus).
"""

from training.corpus.store import Corpus, SongView

__all__ = ["Corpus", "SongView"]
