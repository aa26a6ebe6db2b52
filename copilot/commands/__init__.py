"""What each command does: it puts the rooms together. `cli.py` parses for it and prints what it gives."""
