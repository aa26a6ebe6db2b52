"""What a cable, or a sender of MIDI clock, does to time: asked for by name, for the cable must be there."""

import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise

from copilot.commands.doctor.check import Check
from copilot.commands.run_options import RunOptions, plan_ports
from copilot.errors import PortError
from copilot.live.follower import PULSES_PER_BEAT, ClockFollower
from copilot.midi.ports import Survey, resolve, survey
from copilot.midi.trial import Loopback, Pulses, loopback, pulses
from copilot.panel import OUTPUT, PARAMETERS

_WOBBLE_MS = 5.0
"""More than this between the quickest and the slowest message is heard as an unsteady hand."""
_SET_WITHIN_MS = 1.0
"""Nobody hears a millisecond, and notes may leave that far from their moment."""
_BEAT_OFF_MS = 10.0
"""Two strokes further apart than this are heard as two."""
_LEAST_PULSES = 48
"""Two beats: what the copilot's own loop remembers, and is steady after."""
_GAP = 1.75
"""Between two pulses, in those that are usual: longer than this, some are missing."""
_NAMED_OUTPUTS = sum(parameter.name.startswith(OUTPUT) for parameter in PARAMETERS)


def check_loopback(
    options: RunOptions,
    output: str,
    input_name: str,
    find: Callable[[], Survey] = survey,
    measure: Callable[[str, str], Loopback] = loopback,
) -> Check:
    """How long a message takes out of one port and in at the other, and the setting that makes up for it."""
    name = f"loop to {output}"
    try:
        found = find()
        out, heard = resolve(found.outputs, output).name, resolve(found.inputs, input_name).name
        setting = _setting(found, options, out)
        set_ms = float(options.panel.get(setting, 0.0))
        return judge_loopback(name, out, heard, measure(out, heard), setting, set_ms)
    except PortError as error:
        return Check(name, "problem", "could not be measured", str(error))


def judge_loopback(
    name: str, output: str, heard: str, result: Loopback, setting: str, set_ms: float
) -> Check:
    """The line for what came back. `setting` is the parameter of that output, `set_ms` its value now.

    Its value should be the whole way, out and in: what a player does is known as late as the way in takes, and the
    answer is heard as late as the way out takes.
    """
    took_ms = sorted(result.took_ms)
    way = f"{output} → {heard}"
    if not took_ms:
        todo = f"join them, by a cable or a connection, from {output} to {heard}, and ask again"
        return Check(name, "problem", f"{way}: nothing of {result.sent} messages came back", todo)
    p50, p99 = statistics.median(took_ms), took_ms[int(0.99 * (len(took_ms) - 1))]
    wobble = p99 - took_ms[int(0.01 * (len(took_ms) - 1))]
    found = f"{way}: {p50:.2f} ms there and back, p99 {p99:.2f}, jitter (p1 to p99) {wobble:.2f}"
    lost = result.sent - len(took_ms)
    if lost or result.disordered:
        found += f"; {lost} of {result.sent} messages lost, {result.disordered} out of order"
        todo = "another cable or port, and nothing else that sends there"
        return Check(name, "trouble", found, todo, f"notes to {output} would get lost")
    if wobble > _WOBBLE_MS:
        todo = "a smaller period (JACK), a wired port instead of Bluetooth, no hub, and real-time priority"
        return Check(
            name, "trouble", found, todo, f"notes to {output} would come up to {wobble:.0f} ms uneven"
        )
    if abs(p50 - set_ms) > _SET_WITHIN_MS:
        todo = (
            f"{setting} = {p50:.1f} under [panel] in the config, or by OSC: /copilot/set/{setting} {p50:.1f}"
        )
        return Check(name, "note", found, todo)
    return Check(name, "ok", f"{found}; {setting} is {set_ms:g}")


def _setting(found: Survey, options: RunOptions, output: str) -> str:
    """The parameter for that output's latency, by its place among those that `run` would open."""
    try:
        outputs = plan_ports(found, options).outputs
    except PortError:
        outputs = ()
    place = outputs.index(output) + 1 if output in outputs else 1
    return f"{OUTPUT}{min(place, _NAMED_OUTPUTS)}_latency_ms"


def check_clock_port(
    input_name: str,
    find: Callable[[], Survey] = survey,
    measure: Callable[[str], Pulses] = pulses,
) -> Check:
    """How evenly the MIDI clock of a port comes in, and how steady the beat is that the copilot makes of it."""
    name = f"MIDI clock of {input_name}"
    try:
        port = resolve(find().inputs, input_name).name
        return judge_clock(name, port, measure(port))
    except PortError as error:
        return Check(name, "problem", "could not be measured", str(error))


def judge_clock(name: str, port: str, heard: Pulses) -> Check:
    """The line for pulses as they came in, from a sender that keeps one tempo."""
    at_s = heard.at_s
    if len(at_s) < _LEAST_PULSES:
        found = f"{len(at_s)} pulses in {heard.listened_s:g} s on {port}"
        todo = "let it send MIDI clock (its menu may call it sync out), and play; or set clock to internal in [panel]"
        return Check(name, "trouble", found, todo, f"{port} would not lead the tempo")
    intervals_s = [after - before for before, after in pairwise(at_s)]
    typical_s = statistics.median(intervals_s)
    if not typical_s:
        return Check(
            name, "trouble", f"{len(at_s)} pulses at once on {port}", "another cable or port", "no tempo"
        )
    numbers = _numbers(at_s, typical_s)
    known = len(set(numbers))
    lost, twice = numbers[-1] + 1 - known, len(numbers) - known
    line = statistics.linear_regression(numbers, at_s)
    off_ms = sorted(
        abs(at - line.intercept - line.slope * number) * 1000
        for number, at in zip(numbers, at_s, strict=True)
    )
    beat_ms = _beat_off_ms(at_s, numbers, line.intercept, line.slope)
    p50, p99 = statistics.median(off_ms), off_ms[int(0.99 * (len(off_ms) - 1))]
    found = (
        f"{60 / (PULSES_PER_BEAT * line.slope):.2f} bpm, pulses {p50:.2f} ms off their line, p99 {p99:.2f}, worst "
        f"{off_ms[-1]:.2f}, {lost} lost, {twice} twice; the copilot's beat at most {beat_ms:.2f} off"
    )
    if beat_ms > _BEAT_OFF_MS or lost:
        todo = (
            "send clock through a wired port with nothing else on it, and keep one tempo while this listens"
        )
        return Check(name, "trouble", found, todo, f"the beat would shake with the clock of {port}")
    if twice:
        todo = "a smaller period (JACK), for pulses that come at once count as one, and real-time priority"
        return Check(name, "trouble", found, todo, f"{port} might be followed too slowly")
    return Check(name, "ok", found, heard=f"the clock of {port} is steady")


def _numbers(at_s: Sequence[float], typical_s: float) -> list[int]:
    """Each pulse's number, the first's 0.

    Some are late and come together, the last of them nearly in time: they fill the gap that they left. Numbers that
    are still missing were lost; who has another's number came twice.
    """
    bunches = [[at_s[0]]]
    for before, after in pairwise(at_s):
        if after - before < typical_s / 4:
            bunches[-1].append(after)
        else:
            bunches.append([after])
    numbers = list(range(len(bunches[0])))
    for earlier, bunch in pairwise(bunches):
        passed = (bunch[-1] - earlier[-1]) / typical_s
        steps = round(passed) if passed > _GAP else 1  # a shorter one is of a pulse that is late
        first, last = numbers[-1] + 1, numbers[-1] + steps
        numbers.extend(max(first, last - later) for later in reversed(range(len(bunch))))
    return numbers


def _beat_off_ms(at_s: Sequence[float], numbers: Sequence[int], first_s: float, slope_s: float) -> float:
    """How far the beat that the copilot follows was off the sender's line at most, once it had heard two beats."""
    follower, worst_ms = ClockFollower(), 0.0
    follower.start()
    for number, moment_s in zip(numbers, at_s, strict=True):
        follower.pulse(moment_s)
        if number > _LEAST_PULSES:
            wanted_beats = (moment_s - first_s) / slope_s / PULSES_PER_BEAT
            off_beats = follower.pos_beats(moment_s) - wanted_beats
            worst_ms = max(worst_ms, abs(off_beats) * PULSES_PER_BEAT * slope_s * 1000)
    return worst_ms
