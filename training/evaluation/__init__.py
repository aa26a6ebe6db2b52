"""How well a bundle knows songs that it never saw, beside a PPM-C and a uniform model: `copilot-train evaluate`.

stream.py     a held-out song as ids, and the windows that a model hears it through
scorers.py    what each id costs by the bundle's model, by PPM-C (copilot.ppm), by chance
measure.py    all of it, song after song
report.py     the tables and the JSON
"""
