"""Songs → the windows of ids that a model learns from."""
