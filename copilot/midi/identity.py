"""Which device a port's name means, whatever number the system has given it this time. Pure.

A device that comes back may bear another number in its name: ALSA's `Juno:Juno MIDI 1 24:0`, WinMM's `Juno 2`, and
the one of ALSA's that a2j puts amid a JACK name, `a2j:Juno [24] (capture): Juno MIDI 1`.
"""

import re
from collections.abc import Mapping, Sequence, Set

_NUMBERS = {
    "ALSA": re.compile(r" \d+:\d+$"),
    "WinMM": re.compile(r" \d+$"),
    "JACK": re.compile(r"(?<=^a2j:)(?P<client>.*?) \[\d+\](?= \((?:capture|playback)\): )"),
}


def identity(api: str, name: str) -> str:
    """The part of a port's name that stays the same when its device is unplugged and plugged in again."""
    numbers = _NUMBERS.get(api)
    if numbers is None:
        return name
    return numbers.sub(lambda found: found.groupdict().get("client") or "", name)


def claims(api: str, away: Mapping[int, str], listed: Sequence[str], taken: Set[str]) -> dict[int, str]:
    """Which of the listed ports each of those that are away is, by number; without those that aren't there.

    `away`: names as they were last; `taken`: names of ports that are none of them. A port of exactly that name is
    always the one. Of several of the same make each takes one, in the order of their numbers.
    """
    found = {number: name for number, name in away.items() if name in listed}
    free = [name for name in listed if name not in taken and name not in found.values()]
    for number, name in away.items():
        same = [other for other in free if identity(api, other) == identity(api, name)]
        if number not in found and same:
            free.remove(same[0])
            found[number] = same[0]
    return found
