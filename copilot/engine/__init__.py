"""Notes in, proposed notes out. Hides tokens and models from the live loop."""
