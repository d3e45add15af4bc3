"""Columns in a file with a checksum."""

from __future__ import annotations

import hashlib
from array import array
from pathlib import Path

import pytest

from ideolab_f2b.geo import saved_file
from ideolab_f2b.geo.saved_file import SavedFileError

MAGIC = b"magic\n"


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Header and columns; in the file the numbers are big-endian on every machine."""
    columns = [array("I", [1, 2]), array("Q", [1 << 40]), array("B")]
    saved_file.write(tmp_path / "x", MAGIC, {"name": "x"}, columns)
    whole = (tmp_path / "x").read_bytes()[:-32]

    assert saved_file.read(tmp_path / "x", MAGIC) == ({"name": "x"}, columns)
    assert whole == (
        b'magic\n\x00\x00\x00\x30{"name":"x","columns":[["I",2],["Q",1],["B",0]]}'
        b"\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x01\x00\x00\x00\x00\x00"
    )
    assert columns[0] == array("I", [1, 2])


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "is no file of this kind, or of another version"),
        (b"other\n", "is no file of this kind, or of another version"),
        (MAGIC, "cannot be read: Expecting value: line 1 column 1 (char 0)"),
        (MAGIC + b"\0\0\0\x02{}", "cannot be read: 'columns'"),
        (
            MAGIC + b'\0\0\0\x15{"columns":[["I",1]]}',
            "cannot be read: a column is shorter than its header says",
        ),
        (MAGIC + b'\0\0\0\x0e{"columns":[]}x', "cannot be read: it has more bytes than its header says"),
        (MAGIC + b'\0\0\0\x15{"columns":[["u",1]]}', "cannot be read: it has a column of an unknown type"),
        (
            MAGIC + b'\0\0\0\x11{"columns":[[1]]}',
            "cannot be read: not enough values to unpack (expected 2, got 1)",
        ),
    ],
)
def test_what_is_no_such_file(content: bytes, error: str, tmp_path: Path) -> None:
    """With a checksum that is right; the error names the file."""
    (tmp_path / "x").write_bytes(content + hashlib.sha256(content).digest())
    with pytest.raises(SavedFileError) as caught:
        saved_file.read(tmp_path / "x", MAGIC)

    assert str(caught.value) == f"{tmp_path}/x {error}"


def test_a_file_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read into memory."""
    monkeypatch.setattr(saved_file, "_MAX_SIZE", 100)
    (tmp_path / "x").write_bytes(MAGIC + b"x" * 200)
    with pytest.raises(SavedFileError, match=r"of another version$"):
        saved_file.read(tmp_path / "x", MAGIC)
