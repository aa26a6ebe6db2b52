"""Progress of work whose size is known: a line at a limited rate, with the rate and the time left."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Report = Callable[[str], None]
"""Where lines for a person go: `click.echo`, or nowhere."""

_EVERY_S = 10.0
_Thing = TypeVar("_Thing")


def counted(
    things: Iterable[_Thing],
    total: int,
    what: str,
    report: Report,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[_Thing]:
    """`things` as they are, telling `report` how far one is: `2,000 of 6,000 windows, 700 a second, 6 s left`."""
    began_s = shown_s = clock()
    for number, thing in enumerate(things, 1):
        yield thing
        now_s = clock()
        if now_s - shown_s >= _EVERY_S:
            rate = number / (now_s - began_s)
            report(
                f"{number:,} of {total:,} {what}, {rate:,.3g} a second, {(total - number) / rate:,.0f} s left"
            )
            shown_s = now_s
