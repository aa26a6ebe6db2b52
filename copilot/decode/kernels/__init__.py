"""What runs per token, compiled: arrays in, logits out. Knows no files and keeps no state."""
