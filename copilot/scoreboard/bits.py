"""What the real part costs a model, note by note, given what the band plays: likelihood beside the playing.

As the training package measures it (copilot.codec.charge), through windows that begin anew as on stage
(copilot.codec.passages): each word of the part is foretold from all that stands before it, players' words included.
The plain distribution over all ids is asked, without the masks that a sampler adds.

Beside it stands PPM-C of order 4 over the same ids, the baseline that the training package measures by, too
(copilot.ppm): one that knows nothing but the song so far, all of it, and one that has counted training songs before.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from copilot.codec.bulk import drum_lanes, words_of_score
from copilot.codec.charge import Tally, tally
from copilot.codec.passages import Passage, Stream, Windows
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import Header
from copilot.decode.decoder import Decoder
from copilot.decode.devices import Device
from copilot.engine.load import open_decoder
from copilot.engine.seating import seat_players
from copilot.model.bundle import Bundle
from copilot.music.roles import Role
from copilot.music.rows import rows_of_parts
from copilot.music.score import COPILOT_CHANNEL, Score
from copilot.ppm import Ppm
from copilot.scoreboard.grid import Floats, Ints
from copilot.scoreboard.hold_out import Case, SkippedError, hold_out_role

TAUGHT_IDS = 2_000_000
"""So many ids of training songs are counted: more teach PPM-C no more (training.evaluation.measure)."""


def cost_of_part(case: Case, bundle: Bundle, device: Device = "cpu", genre: str = "none") -> Tally:
    """By the model: sums over the whole song; `part_nats` and `part_notes` are the held-out part's."""
    windows, stream = _stream(case, bundle, genre)
    decoder = open_decoder(bundle, device=device).decoder
    nats = np.zeros(len(stream.ids))
    for passage in windows.passages(stream):
        nats[passage.at : passage.at + passage.new] = _nats(decoder, passage)
    return tally(nats, stream.owners, stream.words, windows.table)


def ppm_cost_of_part(case: Case, bundle: Bundle, ppm: Ppm, genre: str = "none") -> Tally:
    """By a PPM-C over the bundle's ids, which learns the song as it goes, and has forgotten it afterwards."""
    windows, stream = _stream(case, bundle, genre)
    return tally(ppm.nats(stream.ids, stream.given), stream.owners, stream.words, windows.table)


def taught_ppm(scores: Iterable[Score], role: Role, bundle: Bundle) -> Ppm:
    """A PPM-C that has counted songs with a role's part on the copilot's seat; those without it teach nothing."""
    ppm, windows = Ppm(bundle.codec.vocab.size), Windows(bundle.codec.vocab, bundle.window)
    left = TAUGHT_IDS
    for score in scores:
        try:
            case = hold_out_role(score, role)
        except SkippedError:
            continue
        ids = windows.stream_of(words_of(case, bundle.codec.vocab)).ids[:left]
        ppm.learn(ids)
        left -= len(ids)
        if not left:
            break
    return ppm


def words_of(case: Case, vocab: Vocabulary, genre: str = "none") -> Ints:
    """The band on its seats and the held-out part on the copilot's, as the engine would pin and write them."""
    seats = seat_players({part.channel: part.role for part in case.band.parts})
    parts = [replace(part, channel=seats[part.channel]) for part in case.band.parts]
    parts.append(replace(case.held, channel=COPILOT_CHANNEL))
    meter = case.band.meters[0]
    header = Header(
        genre=None if genre == "none" else genre.upper(),
        part=case.held.role,
        tempo_bpm=case.band.tempi[0].tempo_bpm,
        meter=f"{meter.numerator}_{meter.denominator}",
        seats=tuple(sorted(set(seats.values()))),
    )
    channels, is_drums = [part.channel for part in parts], [part.is_drums for part in parts]
    drums = drum_lanes(case.held.is_drums)
    music = words_of_score(rows_of_parts(parts), channels, is_drums, case.band, vocab.table, drums)
    return np.concatenate([np.asarray(vocab.table.header_words(header), dtype=np.int64), music])


def _stream(case: Case, bundle: Bundle, genre: str) -> tuple[Windows, Stream]:
    windows = Windows(bundle.codec.vocab, bundle.window)
    return windows, windows.stream_of(words_of(case, bundle.codec.vocab, genre))


def _nats(decoder: Decoder, passage: Passage) -> Floats:
    """What each of the passage's new ids costs: float64 (new,)."""
    ids = passage.ids.tolist()
    logits = decoder.rebase(ids[: -passage.new])
    costs = []
    for token in ids[-passage.new :]:
        wide = logits.astype(np.float64)
        top = wide.max()
        costs.append(top + np.log(np.exp(wide - top).sum()) - wide[token])
        if len(costs) < passage.new:
            logits = decoder.append([token])
    return np.asarray(costs)
