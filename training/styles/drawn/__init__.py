"""Bands whose patterns are drawn for each song: kick, bass, comping, melody and form from weighted tables by feel."""
