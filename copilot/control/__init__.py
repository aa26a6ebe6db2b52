"""Remotes of the panel and the session. They hold no state of their own."""
