"""Token ids in, logits and token ids out, over a cache. Knows nothing of notes."""
