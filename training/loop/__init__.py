"""The training loop of both phases, and what it leaves on disk."""
