"""What a person sees of a long run: one line a few seconds apart, with the rate and the time left."""

import time
from dataclasses import dataclass

import click
from accelerate import PartialState

from training.loop.checkpoint import Progress

_EVERY_S = 10.0


@dataclass(slots=True)
class ProgressLine:
    """Prints the loop's log lines at a limited rate; measurements always."""

    shown_s: float = 0.0
    tokens: float = 0.0
    at_s: float = 0.0

    def show(self, line: dict[str, float]) -> None:
        """Take one log line of the loop."""
        now_s = time.monotonic()
        if "val_nats" not in line and now_s - self.shown_s < _EVERY_S:
            return
        text = f"step {line['step']:,}  loss {line['loss']:.3f}"
        if self.shown_s and line["elapsed_s"] > self.at_s and line["share"] > 0:
            rate = (line["tokens"] - self.tokens) / (line["elapsed_s"] - self.at_s)
            left_s = line["elapsed_s"] * (1 - line["share"]) / line["share"]
            text += f"  {rate:,.0f} ids/s  {left_s / 60:.1f} min left"
        for name in ("val_nats", "val_bits_per_note", "val_own_bits_per_note"):
            if name in line:
                text += f"  {name} {line[name]:.3f}"
        click.echo(text)
        self.shown_s, self.tokens, self.at_s = now_s, line["tokens"], line["elapsed_s"]


def say_done(command: str, progress: Progress) -> None:
    """A training's last line, from one of the processes that shared it."""
    if PartialState().is_main_process:
        minutes = progress.elapsed_s / 60
        click.echo(f"{command}: {progress.step:,} steps, {progress.tokens:,} ids in {minutes:.1f} min")
