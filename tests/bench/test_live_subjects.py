"""What `copilot bench` measures of the live loop runs and is whole; no figure is judged."""

import asyncio

from copilot.bench import ipc, stalls
from copilot.bench.load import full_load
from copilot.bench.scheduler import NOTES_A_CHORD, asyncio_timer, play_through


def test_every_chord_that_is_played_is_measured_twice_a_note_beside_a_full_load() -> None:
    """By the whole MIDI process, which says how it keeps time, and by the peer; the worker and OSC did something."""

    async def scenario() -> None:
        async with full_load() as done:
            found = await play_through(0.3, 0.01, "priority")
            peer = await asyncio_timer(0.1, 0.01)
            while not done.tokens:
                await asyncio.sleep(0.01)
        assert len(found.late_ms) + 2 * found.dropped == 30 * NOTES_A_CHORD * 2
        assert "real-time priority" in found.timing
        assert "spins" not in found.timing
        assert found.quantile_ms(0.5) <= found.quantile_ms(1.0)
        assert len(peer.late_ms) == 10
        assert done.datagrams > 0

    asyncio.run(scenario())


def test_a_frame_goes_round_by_every_way() -> None:
    """And the key for programs is the 99th percentile in microseconds."""
    section = ipc.measure(0.4)
    assert section.keys["ipc.rtt_p99_us"] is not None
    assert len(section.rows) == 4


def test_a_token_after_a_rest_is_measured_asleep_and_kept_warm() -> None:
    """The decoder holds afterwards what it held before."""
    decoder = stalls.one_decoder()
    held = list(decoder.ids)
    asleep, kept = stalls.after_rest(decoder, 0.002, 0.1)
    assert asleep > 0 and kept > 0
    assert decoder.ids == held
