"""A live musical copilot: hears a rig over MIDI and plays one more part on channel 0."""

__version__ = "0.1.0"
