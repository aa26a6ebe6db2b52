"""What weights may be kept as, by name. Imports nothing, for those who only pass it on."""

from typing import Literal

Kind = Literal["float", "int8", "int4"]
"""float: bfloat16 where the file has it. int8: bytes, a scale a row. int4: 4.5 bits, a scale for 32 columns."""

WeightKind = Literal["auto", "float", "int8", "int4"]
"""What may be asked for; weights.choose says what `auto` is."""

WEIGHT_KINDS: tuple[WeightKind, ...] = ("auto", "float", "int8", "int4")
