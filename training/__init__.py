"""Corpus → tokenizer → pretraining → bundle. Uses music, codec and model; never the live rooms."""

import os

# A thread that waits for the others of its operation sleeps instead of spinning. On cores that other programs use
# too, spinning takes the time that the slower thread needs: 420–470 ids a second against 920–1,170, and 950–1,290
# for a thread a window, 4.9 M weights in bf16 (load 8 on two cores). It must be said before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
