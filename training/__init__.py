"""Corpus → tokenizer → pretraining → bundle. Uses music, codec and model; never the live rooms."""
