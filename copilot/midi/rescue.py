"""Ways to the outputs for nothing but a MIDI process that was killed: they end its notes."""

import time
from collections.abc import Sequence
from contextlib import suppress

import rtmidi

from copilot.midi.cables import Plug, RtPort
from copilot.midi.calm import bursts
from copilot.midi.identity import claims
from copilot.midi.jackwatch import JackWatch, NoWatch, Watch
from copilot.midi.ledger import Ledger
from copilot.midi.patchbay import Patchbay
from copilot.midi.ports import fitting_ports

CLIENT_NAME = "copilot-rescue"


class Rescue:
    """Belongs to one thread. Virtual outputs die with their process: what is connected to them can't be reached.

    Raises PortError without the MIDI system `api`. An output that is not there is taken up by `look` when it is.

    On JACK its port is there all the time, but connected only in need: a synth is not served at all while a client
    that plays on it is stopped. To open the port only then takes 0.06 s longer, and 0.2 s in JACK's synchronous mode.
    """

    def __init__(self, api: str, output_names: Sequence[str], ledger: Ledger) -> None:
        self._ledger, self._api, self._names = ledger, api, tuple(output_names)
        self._ports: list[RtPort | None] = [None] * max(1, len(output_names))
        self._jack = JackWatch(_ignore) if api == "JACK" else None
        self._watch: Watch = self._jack or NoWatch()
        self._patchbay = Patchbay(api, self._watch)
        if self._jack is not None:
            before = self._jack.ports_of(CLIENT_NAME)
            self._patchbay.add_own("out", CLIENT_NAME, self._plug(0))
            self._ours = min(self._jack.ports_of(CLIENT_NAME) - before)
            return
        for number, name in enumerate(output_names):
            self._patchbay.add("out", name, CLIENT_NAME, self._plug(number))
        self.look()

    def _plug(self, number: int) -> Plug:
        def plug(port: RtPort | None) -> None:
            self._ports[number] = port

        return plug

    @property
    def is_alive(self) -> bool:
        """False once the MIDI system that it was opened on has gone."""
        return self._watch.is_alive

    def look(self) -> None:
        """Follow the outputs that went and came."""
        if self._jack is None:
            self._patchbay.look()

    def silence(self, seen_s: float) -> int:
        """End all that the ledger says sounds, and clear it; how many notes that were.

        `seen_s`: when the death was seen, which the ledger keeps beside this moment.

        Returns at once after an orderly end, which leaves an empty ledger; else it takes 0.3 s or more, for what is
        sent is sent again until JACK has got over the death (see calm.py): note-offs, then sustain, sound and notes
        off on the channels that were used. Call it when the MIDI process has ended, and before another one plays.
        Without a MIDI system the ledger is left as it is, for the next process that has one.
        """
        count = sum(1 for _ in self._ledger.sounding())
        burst = self._ledger.silence_burst()
        joined: set[str] = set()
        if burst:
            self._ledger.note_end(seen_s, time.monotonic())
            for is_due in bursts(self._watch):
                if is_due:
                    joined |= self._join()
                    self._send(burst)
                time.sleep(self._watch.settle_s)
        if not self._watch.is_alive:
            return 0
        if self._jack is not None:
            for name in joined:
                self._jack.disconnect(self._ours, name)
        self._ledger.clear()
        return count

    def _join(self) -> set[str]:
        """Connect with the outputs, under whatever name they are there by now."""
        jack = self._jack
        if jack is None or not jack.is_alive:
            return set()
        listed = self._patchbay.listed("out")
        found = claims(self._api, dict(enumerate(self._names)), [port.name for port in listed], set())
        for number, name in enumerate(self._names):
            fitting = fitting_ports(listed, name, self._api) if number not in found else []
            if len(fitting) == 1:
                found[number] = fitting[0].name
        return {name for name in found.values() if jack.connect(self._ours, name)}

    def _send(self, burst: Sequence[bytes]) -> None:
        for data in burst:
            if not self._watch.may_send():
                return
            for port in self._ports:
                if port is not None:
                    with suppress(rtmidi.RtMidiError):  # that synth is gone: there is nothing to silence
                        port.send_message(data)

    def close(self) -> None:
        """Close the connections. The ledger stays open: it is the caller's."""
        is_alive = self._watch.is_alive
        self._watch.close()
        self._patchbay.close(is_alive=is_alive)


def _ignore(reason: str) -> None:
    """The MIDI process reports the server's death; the watch remembers it."""
