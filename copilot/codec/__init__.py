"""Notes ↔ token ids. Pure: no model, no ports, no asyncio."""
