"""A bundle on disk ↔ weights in memory."""
