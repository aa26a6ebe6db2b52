"""What was trained → a bundle that the copilot plays."""
