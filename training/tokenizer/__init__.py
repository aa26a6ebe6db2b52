"""The byte-level BPE: learnt, proved, measured, compared."""
