"""`copilot doctor`: the whole machine and setup in one table, and what to do about what is wrong."""
