"""What a copilot's part is worth: jams with a part held out, and exact scores of what was played instead."""
