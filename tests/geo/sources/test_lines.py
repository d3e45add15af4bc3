"""Lines in blocks, of files of any shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.geo.sources import lines
from ideolab_f2b.geo.sources.source_error import CountrySourceError
from ideolab_f2b.ranges.refused_rows import RefusedRows


def read(path: Path) -> tuple[list[str], dict[str, int]]:
    """Return all lines of a file, and what was refused."""
    refusals = RefusedRows()
    return [line for block in lines.read_lines(path, refusals) for line in block], refusals.by_reason


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
def test_lines_over_the_ends_of_blocks(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a block ends, a line stays whole; the last one needs no line feed; any byte is a character."""
    monkeypatch.setattr(lines, "_BLOCK", size)
    path = tmp_path / "file"
    path.write_bytes(b"one\n\ntwo\xff\x00\r\nlast")

    assert read(path) == (["one", "", "two\xff\x00\r", "last"], {})


@pytest.mark.parametrize("size", [100, 1 << 20])
def test_a_line_of_10_mb_is_one_that_is_refused(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes neither the memory nor the lines around it."""
    monkeypatch.setattr(lines, "_BLOCK", size * 64)
    path = tmp_path / "file"
    path.write_bytes(b"before\n" + b"x" * 10_000_000 + b"\nbetween\n" + b"y" * 5000 + b"\nbehind\n")

    assert read(path) == (["before", "between", "behind"], {"a line longer than 4096 bytes": 2})


def test_a_file_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than any file of countries has."""
    monkeypatch.setattr(lines, "MAX_SIZE", 3 << 20)
    path = tmp_path / "file"
    path.write_bytes(b"1,2,FR\n" * 600_000)
    with pytest.raises(CountrySourceError) as caught:
        read(path)

    assert str(caught.value) == f"{path}: larger than 3 MB, which no file of countries is"
