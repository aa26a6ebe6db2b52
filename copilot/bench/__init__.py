"""What this machine can carry, measured: one file a subject, each beside its peer or its limit, in one run."""
