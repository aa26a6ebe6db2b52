"""How recordings, and what came of playing one again, look on a terminal."""

import time
from collections.abc import Sequence

import click

from copilot.live.recordings import Recording
from copilot.live.verdict import Verdict


def print_recordings(found: Sequence[Recording]) -> None:
    """A line for each, oldest first."""
    if not found:
        click.echo("nothing was recorded there yet: `copilot run --record DIR` does")
        return
    width = max(len("name"), *(len(each.name) for each in found))
    click.echo(f"{'name':<{width}}  {'when':<16}  {'length':>7}  {'bars':>5}  {'players':>8}  {'copilot':>8}")
    for each in found:
        if each.problem:
            click.echo(f"{each.name:<{width}}  {each.problem}")
            continue
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.began_wall_s))
        click.echo(
            f"{each.name:<{width}}  {when:<16}  {minutes(each.length_s):>7}  {each.bars:>5}  "
            f"{each.heard_notes:>8,}  {each.played_notes:>8,}{'  torn: see below' if each.is_torn else ''}"
        )
    for each in found:
        if each.is_torn:
            click.echo(f"{each.name}: {each.ending}")
        if each.missed:
            click.echo(f"{each.name}: it lacks {each.missed:,} records, since the disk did not answer")
    click.echo(f"{sum(each.bytes for each in found) / 1e6:,.1f} MB in all")


def print_verdict(verdict: Verdict) -> None:
    """What is the same, in words."""
    click.echo(f"notes  {verdict.then:,} then, {verdict.again:,} again, {verdict.same:,} the same")
    if verdict.is_exact:
        click.echo("times  the same to the bit")
    elif verdict.is_same:
        click.echo(f"times  due at the same moments to the bit; sent up to {verdict.apart_ms:.2f} ms apart")
    if verdict.differs_s is not None:
        reason = (
            f" (on the way another model worker took over {verdict.deaths} times)" if verdict.deaths else ""
        )
        click.echo(f"the first other note was due at {minutes(verdict.differs_s, precisely=True)}{reason}")


def minutes(seconds: float, *, precisely: bool = False) -> str:
    """m:ss, or m:ss.sss."""
    whole, rest = divmod(max(0.0, seconds) if precisely else max(0, round(seconds)), 60)
    return f"{int(whole)}:{rest:06.3f}" if precisely else f"{int(whole)}:{int(rest):02d}"
