"""`copilot recordings` and `copilot replay`: what was recorded, played again, written, rendered, or repeated."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from copilot.commands.jam import PROGRAMS
from copilot.commands.model import COVER_DEVICE, open_bundle
from copilot.commands.signals import until_told
from copilot.decode.devices import DEVICES, Device
from copilot.decode.kinds import WEIGHT_KINDS, WeightKind
from copilot.engine.load import load_engine
from copilot.errors import InputError, JournalError, PortError
from copilot.files import user_data_folder
from copilot.live.again import check_repeatable, play_again
from copilot.live.clock import MonotonicClock
from copilot.live.journal import Journal, open_journal, to_score
from copilot.live.midi_rig import MidiRig
from copilot.live.player import Player as Performer
from copilot.live.port_plan import PortPlan
from copilot.live.recordings import Recording, find_recording, notes_of, recordings_in
from copilot.live.records import Player
from copilot.live.verdict import Verdict, compare
from copilot.midi.ports import Survey, chosen, resolve, survey
from copilot.model.bundle import Bundle
from copilot.model.manifest import WEIGHTS
from copilot.music.midifile import write_score
from copilot.music.score import COPILOT_CHANNEL, Score

Progress = Callable[[float, float], None]
"""Told the second that has passed and the last one."""

_SOUND_FONTS = (
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/soundfonts/default.sf2",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
)
_RATE_HZ = 44_100


def recordings_folder(given: Path | None) -> Path:
    """Where recordings lie, unless another folder is given."""
    return given or user_data_folder() / "recordings"


def recordings(folder: Path | None) -> list[Recording]:
    """The recordings of a folder, oldest first. Raises JournalError."""
    return recordings_in(recordings_folder(folder))


def open_recording(wanted: str, folder: Path | None) -> Journal:
    """A recording by its name or path. Raises JournalError, one line."""
    return open_journal(find_recording(wanted, recordings_folder(folder)))


def write_midi(journal: Journal, output: Path) -> None:
    """Write a recording's music as a standard MIDI file. Raises InputError where it can't be written."""
    write_score(to_score(journal), output)


def render(journal: Journal, output: Path, sound_font: Path | None) -> None:
    """Write a recording as sound, with FluidSynth's own program. Raises InputError, which says what to install."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise InputError(
            "--wav needs the program fluidsynth, and it isn't there: install it "
            "(Debian: apt install fluidsynth, macOS: brew install fluid-synth, Windows: choco install fluidsynth)"
        )
    font = sound_font or next((Path(each) for each in _SOUND_FONTS if Path(each).is_file()), None)
    if font is None or not font.is_file():
        got = f"{font}: is no file" if font else "no SoundFont is installed"
        raise InputError(
            f"{got}: give one with --soundfont FILE.sf2 (Debian has some: apt install timgm6mb-soundfont)"
        )
    if not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent}: make it, or give another place")
    with tempfile.TemporaryDirectory(prefix="copilot-replay-") as folder:
        midi, sound = Path(folder) / "music.mid", Path(folder) / "music.wav"
        write_score(_voiced(to_score(journal)), midi)
        command = [
            program,
            "-ni",
            "-q",
            "-T",
            "wav",
            "-r",
            str(_RATE_HZ),
            "-F",
            str(sound),
            str(font),
            str(midi),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not sound.is_file() or sound.stat().st_size < 1000:
            said = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"fluidsynth did not render it with {font} ({said}): give another SoundFont")
        try:
            shutil.copyfile(sound, output)
        except OSError as error:
            raise InputError(f"{output}: can't be written ({error.strerror}): give another place") from None


def _voiced(score: Score) -> Score:
    """The score with an instrument of its role for the copilot, where none was noted."""
    parts = tuple(
        replace(part, program=PROGRAMS[part.role])
        if part.channel == COPILOT_CHANNEL and part.program == 0
        else part
        for part in score.parts
    )
    return replace(score, parts=parts)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a recording is played to: a named port, a port of our own, or (neither) the first hardware output."""

    outputs: tuple[str, ...] = ()
    virtual: bool = False


def plan_outputs(found: Survey, places: Places) -> PortPlan:
    """The ports to open. Raises PortError, one line."""
    names = [resolve(found.outputs, name).name for name in places.outputs]
    if not names and not places.virtual:
        names = chosen(found.outputs)
    if not names and not places.virtual:
        raise PortError(
            "no MIDI port to play on: connect one, name one with --out, make one with --virtual, "
            "or write a file with -o OUT.mid"
        )
    return PortPlan((), tuple(dict.fromkeys(names)), (), places.virtual)


def replay(
    journal: Journal, places: Places, on_ready: Callable[[list[str], float], None], progress: Progress
) -> None:
    """Play a recording through MIDI, in time, until it is over or the process is told to end. Raises PortError."""
    notes = notes_of(journal)
    if not notes:
        raise JournalError("nothing sounds in it: there is nothing to play")

    async def play() -> None:
        rig = await MidiRig.open(plan_outputs(await asyncio.to_thread(survey), places))
        player = Performer(notes, rig, MonotonicClock())
        on_ready(rig.news.ready.outputs, player.length_s)
        await player.run(progress)

    asyncio.run(until_told(play()))


@dataclass(frozen=True, slots=True)
class Choice:
    """What to repeat with, where it is not what the recording names."""

    bundle: Path | None = None
    cover: Path | None = None
    device: Device | None = None
    weights: WeightKind | None = None


def repeat(journal: Journal, choice: Choice, progress: Progress) -> Verdict:
    """Play a recording through a session and an engine once more, and compare. Raises JournalError, BundleError."""
    check_repeatable(journal)
    metadata = journal.metadata
    bundle, noted = _bundle_of(choice.bundle, metadata.player, "--model"), metadata.player
    cover = _bundle_of(choice.cover, metadata.cover, "--cover") if metadata.cover else None
    device: Device = next((each for each in DEVICES if noted and each == noted.device), "auto")
    weights: WeightKind = next((each for each in WEIGHT_KINDS if noted and each == noted.weights), "auto")
    engine = load_engine(
        bundle,
        seed=metadata.seed,
        window_tokens=noted.window_tokens if noted else 0,
        device=choice.device or device,
        weights=choice.weights or weights,
    )
    beside = load_engine(cover, seed=metadata.seed, device=COVER_DEVICE) if cover else None
    last_s = max((note.end_s for note in notes_of(journal)), default=0.0)
    with tempfile.TemporaryDirectory(prefix="copilot-again-") as folder:
        path = Path(folder) / "again.journal"
        again = play_again(journal, engine, path, lambda at_s: progress(at_s, last_s), cover=beside)
        return compare(journal, again)


def _bundle_of(given: Path | None, noted: Player | None, option: str) -> Bundle:
    """The bundle that is given, which must be the one that played. Raises JournalError, BundleError."""
    bundle = open_bundle(given)
    if noted is not None and noted.sha256 != bundle.manifest.sha256[WEIGHTS]:
        raise JournalError(
            f"{noted.bundle} played in it (weights {noted.sha256[:12]}), not {bundle.manifest.name}: "
            f"give that bundle's folder with {option}"
        )
    return bundle
