"""What [corpus] and --data mean: the sources in order, each with what it says of its files and of its licence."""

from pathlib import Path
from typing import Literal

import msgspec

from copilot.codec.words import GENRES
from copilot.errors import ConfigError
from training.config import CorpusConfig, SourceConfig
from training.corpus import collections, generated
from training.corpus.records import Traits

Kind = Literal["generated", "collection", "files"]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source. `path` is where its files are, `songs` how many a generated one makes."""

    name: str
    kind: Kind
    traits: Traits
    license: str = ""
    url: str = ""
    citation: str = ""
    synthetic: bool = False
    path: str = ""
    songs: int = 0
    midi_column: str = ""
    name_column: str = ""


def resolve(config: CorpusConfig, data_dir: Path) -> tuple[Source, ...]:
    """The sources, in the order of the configuration. Raises ConfigError for what can't be one.

    Generated sources need no --data; everything else does.
    """
    listed = {source.name: source for source in config.sources}
    if len(listed) < len(config.sources):
        raise ConfigError("two [[corpus.sources]] have one name: give each its own")
    unweighted = [name for name in listed if config.weights and name not in config.weights]
    if unweighted:
        raise ConfigError(f"source {unweighted[0]} has no weight: name it in [corpus.weights]")
    names = tuple(config.weights or listed)
    if not names:
        return _all_of(config, data_dir)
    found = []
    for name in names:
        if name in listed:
            found.append(_listed(listed[name], config, data_dir))
        elif name in generated.SOURCES:
            found.append(_generated(name, config))
        else:
            found.append(_collection(name, config, data_dir))
    return tuple(found)


def _all_of(config: CorpusConfig, data_dir: Path) -> tuple[Source, ...]:
    """Nothing is listed: a data directory of ours gives its shippable collections, any other place is one source."""
    if collections.is_collections(data_dir):
        names = collections.shippable(data_dir)
        return tuple(_collection(name, config, data_dir) for name in names)
    name = data_dir.resolve().name or "data"
    return (_listed(SourceConfig(name=name, path="."), config, data_dir),)


def _listed(source: SourceConfig, config: CorpusConfig, data_dir: Path) -> Source:
    if source.genre is not None and source.genre not in GENRES:
        raise ConfigError(
            f"source {source.name}: genre {source.genre!r} is no word of the vocabulary: "
            f"give one of {', '.join(GENRES)}"
        )
    path = (data_dir / source.path).resolve()
    if not path.exists():
        raise ConfigError(
            f"{path}: there is no such file or folder: give --data, and path in [[corpus.sources]]"
        )
    collections.refuse_research(path, data_dir)
    return Source(
        name=source.name,
        kind="files",
        traits=Traits(
            genre=source.genre,
            genre_from_name=source.genre_from_name,
            performed=source.performed,
            tempo_known=source.tempo_known,
            melody_first=source.melody_first,
            needs_beats=False,
            max_offgrid=config.max_offgrid,
            min_pulse=config.min_pulse,
        ),
        license=source.license,
        url=source.url,
        citation=source.citation,
        synthetic=source.synthetic,
        path=str(path),
        midi_column=source.midi_column,
        name_column=source.name_column,
    )


def _generated(name: str, config: CorpusConfig) -> Source:
    traits = Traits(
        genre=None,  # each song tells its own
        genre_from_name=False,
        performed=True,
        tempo_known=True,
        melody_first=False,
        needs_beats=False,
        max_offgrid=config.max_offgrid,
        min_pulse=config.min_pulse,
    )
    songs = {
        generated.BLUES: config.blues_songs,
        generated.STYLES: config.style_songs,
        generated.GUESTS: config.guest_songs,
    }
    citation = generated.CITATION.format(source=f"training.{name}")
    return Source(
        name,
        "generated",
        traits,
        generated.OWN_LICENSE,
        citation=citation,
        synthetic=True,
        songs=songs[name],
    )


def _collection(name: str, config: CorpusConfig, data_dir: Path) -> Source:
    told = collections.told_of(name, data_dir)
    return Source(
        name,
        "collection",
        collections.traits_of(name, config),
        license=told.license,
        url=told.repo,
        citation=collections.CITATIONS.get(name, ""),
        path=str(collections.archive_of(name, data_dir)),
    )
