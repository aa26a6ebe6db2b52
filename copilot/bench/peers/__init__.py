"""What others made, run beside ours: each module needs a package of the `bench` extra, and nothing else does."""
