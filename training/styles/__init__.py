"""Generators that write songs in a style: data where collections have none, and the packaged example."""
