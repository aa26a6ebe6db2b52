"""MIDI is found wherever it is: in folders, files, archives and parquet; what can't be read is listed."""

import io
import json
import os
import socket
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from copilot.codec.words import GridParams
from copilot.errors import ConfigError
from training.config import CorpusConfig, SourceConfig
from training.corpus import Corpus
from training.corpus import unpack as unpacking
from training.corpus.build import build
from training.corpus.make import read_bytes
from training.corpus.report import CorpusProgress
from training.corpus.unpack import unpack
from training.corpus.unusable import Unusable
from training.corpus.workers import LocalWorkers

MakeArchive = Callable[[Path, dict[str, bytes]], None]


def made(data_dir: Path, config: CorpusConfig | None = None) -> Corpus:
    directory = data_dir.parent / "out" / "corpus"
    progress = CorpusProgress(lambda _: None)
    return build(config or CorpusConfig(), data_dir, directory, GridParams(), LocalWorkers(1), progress)


def names(corpus: Corpus) -> list[str]:
    return sorted(song.name for song in corpus.all_songs())


def rejects(corpus: Corpus) -> list[tuple[str, str]]:
    lines = (corpus.directory / "rejects.jsonl").read_text().splitlines()
    return [(line["name"], line["reason"]) for line in map(json.loads, lines)]


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def write_zip(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)


def write_parquet(path: Path, files: dict[str, bytes]) -> None:
    pq.write_table(pa.table({"name": list(files), "midi": list(files.values())}), path)


@pytest.mark.parametrize(
    ("archive", "write"),
    [
        ("a.tar", write_tar),
        ("a.tar.gz", lambda path, files: write_tar(path, files, "w:gz")),
        ("a.tgz", lambda path, files: write_tar(path, files, "w:gz")),
        ("misnamed.tar", lambda path, files: write_tar(path, files, "w:gz")),
        ("a.tar.xz", lambda path, files: write_tar(path, files, "w:xz")),
        ("a.zip", write_zip),
        ("a.parquet", write_parquet),
    ],
)
def test_an_archive_gives_what_its_files_would(
    archive: str, write: MakeArchive, tmp_path: Path, midis: list[bytes]
) -> None:
    """The same songs, note for note, as from a folder; what is no MIDI in it is passed over."""
    files = {"deep/one.mid": midis[0], "two.MIDI": midis[1], "__MACOSX/._two.mid": b"junk"}
    (tmp_path / "data").mkdir()
    write(
        tmp_path / "data" / archive,
        files if archive.endswith("parquet") else files | {"notes.txt": b"no music"},
    )
    corpus = made(tmp_path / "data")
    expected = sorted((f"{archive}/deep/one.mid", f"{archive}/two.MIDI"))
    assert names(corpus) == expected
    for name, data in zip(("one.mid", "two.mid"), midis, strict=False):
        (tmp_path / "plain").mkdir(exist_ok=True)
        (tmp_path / "plain" / name).write_bytes(data)
    plain = made(tmp_path / "plain")
    assert {song.notes.tobytes() for song in corpus.all_songs()} == {
        s.notes.tobytes() for s in plain.all_songs()
    }


def test_folders_are_read_whole_and_in_order(tmp_path: Path, midis: list[bytes]) -> None:
    """Files in folders in folders, beside archives; other files and odd names do no harm."""
    data = tmp_path / "data"
    (data / "b" / "deep").mkdir(parents=True)
    (data / "a.mid").write_bytes(midis[0])
    (data / "b" / "deep" / "x.kar").write_bytes(midis[1])
    (data / "readme.txt").write_text("hello")
    Path(os.fsdecode(os.fsencode(data) + b"/z\xff.mid")).write_bytes(midis[2])
    write_zip(data / "b" / "more.zip", {"y.mid": midis[3]})
    corpus = made(data)
    assert names(corpus) == ["a.mid", "b/deep/x.kar", "b/more.zip/y.mid", "z?.mid"]
    assert corpus.sources == ("data",)


def test_a_single_file_can_be_a_source(tmp_path: Path, midis: list[bytes]) -> None:
    """With what the configuration says of it: genre, licence, that its tempo means nothing."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "song.mid").write_bytes(midis[0])
    source = SourceConfig(
        name="mine", path="song.mid", genre="JAZZ", license="mine alone", tempo_known=False, synthetic=True,
        melody_first=True,
    )  # fmt: skip
    corpus = made(tmp_path / "data", CorpusConfig(sources=(source,)))
    (song,) = corpus.all_songs()
    assert (song.source, song.genre, song.tempo_bpm, song.roles[0]) == ("mine", "JAZZ", None, "lead")
    assert corpus.manifest.sources[0].license == "mine alone"
    assert corpus.manifest.sources[0].synthetic


def test_a_name_tells_the_genre_where_the_source_lets_it(tmp_path: Path, midis: list[bytes]) -> None:
    """A name that says nothing leaves the source's own genre, or none."""
    (tmp_path / "data").mkdir()
    for name, data in zip(("slow blues", "Bossa Nova", "track"), midis, strict=False):
        (tmp_path / "data" / f"{name}.mid").write_bytes(data)
    source = SourceConfig(name="mine", path=".", genre="POP", genre_from_name=True)
    corpus = made(tmp_path / "data", CorpusConfig(sources=(source,)))
    genres = {song.name: song.genre for song in corpus.all_songs()}
    assert genres == {"slow blues.mid": "BLUES", "Bossa Nova.mid": "LATIN", "track.mid": "POP"}


def test_beat_times_beside_a_file_make_its_bar_lines(tmp_path: Path, midis: list[bytes]) -> None:
    """In a folder and in an archive: bars of one second from 0.25 s on."""
    beats = "\n".join(f"{0.25 + second} 0.0 1.0" for second in range(30)).encode()
    data = tmp_path / "data"
    data.mkdir()
    (data / "one.mid").write_bytes(midis[0])
    (data / "one.beat_midi.txt").write_bytes(beats)
    write_tar(data / "a.tar", {"two.mid": midis[1], "two.beat_midi.txt": beats})
    write_zip(data / "b.zip", {"three.mid": midis[2]})
    for song in made(data).all_songs():
        bar_ticks = set((song.bars[1:] - song.bars[:-1]).tolist())
        assert (bar_ticks == {96}) == (song.name == "b.zip/three.mid")


def test_parquet_columns_are_found_or_named(tmp_path: Path, midis: list[bytes]) -> None:
    """One binary column needs no name; of two, midi_column says which; rows without a name are numbered."""
    data = tmp_path / "data"
    data.mkdir()
    pq.write_table(pa.table({"cover": [b"png", b"png"], "score": midis[:2]}), data / "a.parquet")
    with pytest.raises(ConfigError, match="Set midi_column to one of: cover, score"):
        made(data)
    source = SourceConfig(name="mine", path=".", midi_column="score")
    assert names(made(data, CorpusConfig(sources=(source,)))) == ["a.parquet/row 0", "a.parquet/row 1"]


def test_what_can_t_be_read_is_listed_and_the_rest_is_read(tmp_path: Path, midis: list[bytes]) -> None:
    """Broken archives, encrypted members, empty cells and text called .mid cost themselves only."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "good.mid").write_bytes(midis[0])
    (data / "text.mid").write_text("Dear diary, today I played.")
    (data / "bad.zip").write_bytes(b"PK no more")
    write_tar(data / "cut.tar.gz", {f"{n}.mid": midis[n + 1] for n in range(4)}, "w:gz")
    (data / "cut.tar.gz").write_bytes((data / "cut.tar.gz").read_bytes()[:-3000])
    write_parquet(data / "holes.parquet", {"hole": None, "full": midis[5]})  # type: ignore[dict-item]
    write_zip(data / "locked.zip", {"locked.mid": midis[6]})
    locked = bytearray((data / "locked.zip").read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (data / "locked.zip").write_bytes(locked)
    corpus = made(data)
    assert {"good.mid", "cut.tar.gz/0.mid", "holes.parquet/full"} <= set(names(corpus))
    found = rejects(corpus)
    assert ("text.mid", "no MIDI") in found
    assert ("bad.zip/bad.zip", "unreadable") in found
    assert ("cut.tar.gz/cut.tar.gz", "unreadable") in found
    assert ("holes.parquet/hole", "missing") in found
    assert ("locked.zip/locked.mid", "unreadable") in found
    assert corpus.manifest.sources[0].rejects == {"missing": 1, "no MIDI": 1, "unreadable": 3}


def test_whatever_a_damaged_archive_provokes_costs_that_archive_only(
    tmp_path: Path, midis: list[bytes]
) -> None:
    """Whatever zipfile and gzip raise is a reject with the archive's name, whatever that is."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "good.mid").write_bytes(midis[0])
    write_zip(data / "flipped.zip", {"before.mid": midis[1], "flipped.mid": midis[2]})
    flipped = bytearray((data / "flipped.zip").read_bytes())
    flipped[flipped.rindex(b"flipped.mid")] ^= ord("f")  # its name begins with a zero, and so is empty
    (data / "flipped.zip").write_bytes(flipped)
    (data / "short.tar.gz").write_bytes(b"\x1f\x8b\x08")
    Path(os.fsdecode(os.fsencode(data) + b"/z\xff.zip")).write_bytes(b"PK no more")
    corpus = made(data)
    assert names(corpus) == ["flipped.zip/before.mid", "good.mid"]
    assert rejects(corpus) == [
        ("flipped.zip/flipped.zip", "unreadable"),
        ("short.tar.gz/short.tar.gz", "unreadable"),
        ("z?.zip/z?.zip", "unreadable"),
    ]


def test_what_is_no_regular_file_is_listed_and_never_opened(
    tmp_path: Path, midis: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FIFO or socket named like MIDI, an archive or beat times, itself or by a link, keeps nobody waiting."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "good.mid").write_bytes(midis[0])
    for name in ("f.mid", "f.zip", "f.parquet", "good.beat_midi.txt"):
        os.mkfifo(data / name)
    (data / "link.tar").symlink_to("f.mid")
    monkeypatch.chdir(data)
    with socket.socket(socket.AF_UNIX) as held:
        held.bind("s.mid")
        corpus = made(data)
    assert names(corpus) == ["good.mid"]
    assert rejects(corpus) == [
        (name, "unreadable") for name in ("f.mid", "f.parquet", "f.zip", "link.tar", "s.mid")
    ]
    assert "it is a FIFO, not a file" in (corpus.directory / "rejects.jsonl").read_text()


def test_a_fifo_that_took_a_file_s_place_is_not_waited_for(tmp_path: Path) -> None:
    """Files are looked at long before they are read."""
    os.mkfifo(tmp_path / "x.zip")
    with pytest.raises(Unusable, match="it is a FIFO, not a file"):
        read_bytes(os.fsencode(tmp_path / "x.zip"), 0, -1)
    (member,) = unpack(tmp_path / "x.zip", tmp_path / "blob")
    assert member.reason == "unreadable"
    with pytest.raises(ConfigError, match="neither a file nor a folder"):
        made(tmp_path, CorpusConfig(sources=(SourceConfig(name="mine", path="x.zip"),)))


@pytest.mark.parametrize(
    ("archive", "write"),
    [
        ("a.tar.gz", lambda path, files: write_tar(path, files, "w:gz")),
        ("a.tar.bz2", lambda path, files: write_tar(path, files, "w:bz2")),
        ("a.tar.xz", lambda path, files: write_tar(path, files, "w:xz")),
        ("a.zip", write_zip),
        ("a.parquet", write_parquet),
    ],
)
def test_a_bomb_is_left_off_where_it_has_given_too_much(
    archive: str, write: MakeArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What really comes out is counted: 64 members of 64 KiB of nothing give a quarter at a limit of 1 MiB."""
    monkeypatch.setattr(unpacking, "_MOST_BYTES", 2**20)
    monkeypatch.setattr(unpacking, "_MOST_TIMES", 1)
    write(tmp_path / archive, {f"{n}.mid": bytes(2**16) for n in range(64)})
    *members, last = unpack(tmp_path / archive, tmp_path / "blob")
    assert 12 <= len(members) <= 16
    assert (last.name, last.reason) == (archive, "too large")
    assert (tmp_path / "blob").stat().st_size <= 2**20 + 2**16


def test_a_bomb_may_not_hide_in_what_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tar's other files are decompressed too, and a sparse file's holes are made of nothing."""
    monkeypatch.setattr(unpacking, "_MOST_BYTES", 2**20)
    monkeypatch.setattr(unpacking, "_MOST_TIMES", 1)
    write_tar(tmp_path / "a.tgz", {"x.wav": bytes(2**21), "x.mid": b"MThd"}, "w:gz")
    (member,) = unpack(tmp_path / "a.tgz", tmp_path / "blob")
    assert member.reason == "too large"
    write_tar(tmp_path / "b.tar", {"x.mid": bytes(512)})
    sparse = tarfile.TarInfo("x.mid")
    sparse.type, sparse.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    header[386:398], header[398:410], header[483:495] = b"%011o\0" % 0, b"%011o\0" % 512, b"%011o\0" % 2**21
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]  # type: ignore[attr-defined]
    (tmp_path / "b.tar").write_bytes(header + bytes(2048))
    (member,) = unpack(tmp_path / "b.tar", tmp_path / "blob")
    assert member.reason == "too large"
    assert (tmp_path / "blob").stat().st_size == 0


def test_a_tar_s_header_of_gigabytes_is_not_held(tmp_path: Path) -> None:
    """A long name, which takes memory, is refused by its size."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2**21
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"n" * 2**21 + bytes(1024))
    (member,) = unpack(tmp_path / "a.tar", tmp_path / "blob")
    assert (member.reason, member.detail) == ("unreadable", "a header of 2,097,152 bytes")


def test_copies_are_left_out_across_sources(tmp_path: Path, midis: list[bytes]) -> None:
    """The copy is listed with the song it repeats, and counted with its own source."""
    for folder, name in (("first", "a"), ("second", "b")):
        (tmp_path / "data" / folder).mkdir(parents=True)
        (tmp_path / "data" / folder / f"{name}.mid").write_bytes(midis[0])
    (tmp_path / "data" / "second" / "c.mid").write_bytes(midis[1])
    sources = (SourceConfig(name="one", path="first"), SourceConfig(name="two", path="second"))
    corpus = made(tmp_path / "data", CorpusConfig(sources=sources))
    assert names(corpus) == ["a.mid", "c.mid"]
    assert [source.duplicates for source in corpus.manifest.sources] == [0, 1]
    assert '"detail":"as one: a.mid"' in (corpus.directory / "rejects.jsonl").read_text()


def test_numbered_versions_are_one_group(tmp_path: Path, midis: list[bytes]) -> None:
    """Title.mid, Title (2).mid and Title.3.mid can't be parted by the split."""
    (tmp_path / "data").mkdir()
    for name, data in zip(("Title", "Title (2)", "Title.3", "Title - copy", "Other"), midis, strict=False):
        (tmp_path / "data" / f"{name}.mid").write_bytes(data)
    groups = {song.name: song.group for song in made(tmp_path / "data").all_songs()}
    assert len({group for name, group in groups.items() if name != "Other.mid"}) == 1
    assert len(set(groups.values())) == 2


def test_nothing_usable_is_one_line_with_the_reasons(tmp_path: Path) -> None:
    """A folder of garbage says what it was."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.mid").write_bytes(b"garbage")
    with pytest.raises(ConfigError, match=r"no file gives a song .*1 no MIDI; x.mid") as caught:
        made(tmp_path / "data")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "corpus").exists()
