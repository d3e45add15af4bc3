"""What the files of all vendors have in common."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from ideolab_f2b.ranges import vendor_file


def pack_tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("geoip"))
    return packed.getvalue()


def pack_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("geoip"), "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (gzip.compress(b"x", mtime=0), "packed by gzip: unpack it with gunzip -k"),
        (pack_zip(), "a zip archive: unpack it with unzip"),
        (lzma.compress(b"x"), "packed by xz: unpack it with unxz -k"),
        (bz2.compress(b"x"), "packed by bzip2: unpack it with bunzip2 -k"),
        (b"\x28\xb5\x2f\xfd\x04", "packed by zstd: unpack it with unzstd"),
        (pack_tar(), "a tar archive: unpack it with tar xf"),
        (b"198.51.100.0,198.51.100.255,FR\n", ""),
        (b"", ""),
    ],
)
def test_packed(head: bytes, said: str) -> None:
    """With the program that unpacks it."""
    assert vendor_file.find_packing(head) == said


@pytest.mark.parametrize(
    ("head", "date"),
    [
        (b"# Location Database Export\n# Generated: Wed, 17 Jun 2026 00:00:00 GMT\n", 1781654400.0),
        (b"# Generated: some day in summer\n", None),
        (b"# Generated: Wed, 17 Jun 99999999 00:00:00\n", None),
        (b"\xff\xfe# Generated", None),
    ],
)
def test_date(head: bytes, date: float | None) -> None:
    """A date that is none is not guessed."""
    assert vendor_file.find_date(head) == date


def test_time_of_an_archive_that_says_nonsense(tmp_path: Path) -> None:
    """Then it is when the file came onto this host."""
    path = tmp_path / "geoip"
    path.touch()
    os.utime(path, (1781654400, 1781654400))
    assert vendor_file.read_time(path.stat()) == 1781654400
    os.utime(path, (315532800, 315532800))
    found = path.stat()
    assert vendor_file.read_time(found) == found.st_ctime
