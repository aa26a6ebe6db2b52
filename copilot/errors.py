"""One exception tree. A person at the command line sees its message as one line, with exit status 2.

    CopilotError
    ├── InputError            something given by the user is unusable
    │   ├── MidiFileError     a MIDI file is missing, malformed, empty or too large
    │   ├── ParameterError    a value is unknown or outside its range
    │   └── ConfigError       a TOML file does not parse or names something unknown
    ├── BundleError           a bundle is incomplete, altered or meant for something else
    ├── VocabularyError       ids and words do not fit this vocabulary
    ├── GrammarError          a word stands where the grammar does not allow it
    ├── PortError             a MIDI port, or the MIDI system itself, can't be had
    ├── OscError              a datagram is not an OSC message that we take
    ├── JournalError          a journal is unreadable
    ├── ProtocolError         a frame between the processes is malformed or of another version
    ├── WorkerError           a child process died or did not answer
    └── TrainingError         a training run diverged, or what it left on disk can't be gone on from
        └── StoppedError      it was asked to stop, and can be gone on with

Every message says what was got, what is allowed and what to do.
"""


class CopilotError(Exception):
    """The root: anything that the copilot raises on purpose."""


class InputError(CopilotError):
    """Something given by the user is unusable."""


class MidiFileError(InputError):
    """A MIDI file is missing, malformed, empty or too large."""


class ParameterError(InputError):
    """A value is unknown or outside its range."""


class ConfigError(InputError):
    """A TOML file does not parse or names something unknown."""


class BundleError(CopilotError):
    """A bundle is incomplete, altered or meant for something else."""


class VocabularyError(CopilotError):
    """Ids and words do not fit this vocabulary."""


class GrammarError(CopilotError):
    """A word stands where the grammar does not allow it."""


class PortError(CopilotError):
    """A MIDI port, or the MIDI system itself, can't be had."""


class OscError(CopilotError):
    """A datagram is not an OSC message that we take."""


class JournalError(CopilotError):
    """A journal is unreadable."""


class ProtocolError(CopilotError):
    """A frame between the processes is malformed or of another version."""


class WorkerError(CopilotError):
    """A child process died or did not answer."""


class TrainingError(CopilotError):
    """A training run diverged, or what it left on disk can't be gone on from."""


class StoppedError(TrainingError):
    """A training run was asked to stop, and can be gone on with."""
