"""What holds for all tests."""

from hypothesis import settings

# No deadline for an example: on a shared machine it fails at random. Benchmarks measure time, tests do not.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
