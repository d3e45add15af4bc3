"""The visitors of a directory of logs."""

from __future__ import annotations

import gzip
import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b.visitors import read as reading
from ideolab_f2b.visitors.read import read
from ideolab_f2b.visitors.visitors import Visitors

#: 2026-11-29 21:00 UTC
NOW = 1796072400.0
LINE = '{address} - - [{day}/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "x"\n'
SEVEN, EIGHT = (4, 0xC6336407, 32), (4, 0xC6336408, 32)


def write(path: Path, *visits: tuple[str, int], age_s: float = 0) -> None:
    text = "".join(LINE.format(address=address, day=day) for address, day in visits).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    os.utime(path, (NOW - age_s, NOW - age_s))


def look(directory: Path, **given: Any) -> Visitors:
    return read(7, (f"{directory}/*access*.log", f"{directory}/*access*.log.*"), NOW, **given)


def test_rotated_and_packed(tmp_path: Path) -> None:
    """All files of these days, each line of these days; what is older is left."""
    write(tmp_path / "access.log", ("198.51.100.7", 29), ("198.51.100.8", 29))
    write(tmp_path / "access.log.1", ("198.51.100.7", 28), ("198.51.100.9", 1), age_s=86400)
    write(tmp_path / "access.log.2.gz", ("198.51.100.7", 27), age_s=2 * 86400)
    write(tmp_path / "access.log.9.gz", ("198.51.100.8", 29), age_s=9 * 86400)
    write(tmp_path / "error.log", ("198.51.100.8", 29))

    found = look(tmp_path)

    assert found.clients == {SEVEN: 3, EIGHT: 1}
    assert [Path(one).name for one in found.files] == ["access.log", "access.log.1", "access.log.2.gz"]
    # the 27th at 10 o'clock
    assert (found.since, found.is_partial, found.troubles) == (1795860000.0 - 86400, False, ())


def test_nothing_to_read_is_not_nobody(tmp_path: Path) -> None:
    """No log, and a log that cannot be read."""
    assert not look(tmp_path).is_known
    assert look(tmp_path).measure(lambda _key: True) is None
    (tmp_path / "access.log.1.gz").write_bytes(b"no gzip")
    os.utime(tmp_path / "access.log.1.gz", (NOW, NOW))

    found = look(tmp_path)

    assert (found.is_known, found.is_partial) == (False, True)
    assert found.troubles[0].startswith(f"{tmp_path}/access.log.1.gz cannot be read: ")


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, seconds, clients, another packer: what is left out is said."""
    write(tmp_path / "access.log", *[("198.51.100.7", 29)] * 100, ("198.51.100.8", 29))
    write(tmp_path / "access.log.1", ("198.51.100.9", 29), age_s=5)
    line = len(LINE.format(address="198.51.100.8", day=29))

    # of a log that is too long its end is read
    found = look(tmp_path, most_bytes=2 * line)
    assert (found.clients, found.is_partial, len(found.troubles)) == ({SEVEN: 1, EIGHT: 1}, True, 2)
    ticks = count()
    found = look(tmp_path, most_s=1.5, clock=lambda: float(next(ticks)))
    assert found.is_partial and found.troubles[0].endswith("access.log.1 is more than can be read at once")
    monkeypatch.setattr(reading, "CLIENTS", 1)
    assert look(tmp_path).is_partial
    (tmp_path / "access.log.2.xz").touch()
    assert "access.log.2.xz is packed with another program than gzip" in look(tmp_path).troubles[-1]


def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe is not waited for, and a link of a log's owner leads nowhere."""
    os.mkfifo(tmp_path / "access.log")
    (tmp_path / "other").write_text(LINE.format(address="198.51.100.7", day=29))
    (tmp_path / "other-access.log").symlink_to(tmp_path / "other")

    assert look(tmp_path).clients == {}


def test_a_bomb(tmp_path: Path) -> None:
    """A megabyte of zeros that unpacks to a gigabyte is read as far as the bound."""
    path = tmp_path / "access.log.1.gz"
    path.write_bytes(gzip.compress(bytes(50_000_000)))
    os.utime(path, (NOW, NOW))

    found = look(tmp_path, most_bytes=1_000_000)

    assert (found.clients, found.is_partial) == ({}, True)


def test_a_file_without_end(tmp_path: Path) -> None:
    """Zeros behind what is packed take no room on a disk, and are read as far as the bound."""
    path = tmp_path / "access.log.1.gz"
    write(path, ("198.51.100.7", 29))
    os.truncate(path, 1 << 40)
    os.utime(path, (NOW, NOW))

    found = look(tmp_path, most_bytes=1_000_000)

    assert (found.clients, found.is_partial) == ({SEVEN: 1}, True)


def test_more_logs_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their visitors are not known: that is said, so that nobody takes them for absent."""
    for number in range(3):
        write(tmp_path / f"site{number}-access.log", (f"198.51.100.{7 + number}", 29), age_s=number)
    monkeypatch.setattr(reading, "FILES", 2)

    found = look(tmp_path)

    assert (found.clients, found.is_partial) == ({SEVEN: 1, EIGHT: 1}, True)
    assert found.troubles == ("there are 3 logs, and the newest 2 were read",)


def test_names_move_no_cursor(tmp_path: Path) -> None:
    """The user of a web server may own the directory; a preview prints what it says on root's terminal."""
    for name in (b"access.log.\x1b]0;x\x07.xz", b"access.log.\xff\n.xz"):
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb"):
            os.utime(path, (NOW, NOW))

    found = look(tmp_path)

    assert sorted(text.rpartition("access")[2] for text in found.troubles) == [
        '.log.\\x1b]0;x\\x07.xz" is packed with another program than gzip',
        '.log.\\xff\\x0a.xz" is packed with another program than gzip',
    ]
