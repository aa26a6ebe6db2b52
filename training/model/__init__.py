"""What is trained: from scratch, from a base, or adapters on one; and what that takes."""
