"""What each command does: it puts the rooms together. `cli` parses for it and prints what it gives."""
