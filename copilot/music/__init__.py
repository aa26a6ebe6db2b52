"""Notes, parts, time and key. Pure: no I/O but MIDI files, no asyncio, no torch, no ports."""
