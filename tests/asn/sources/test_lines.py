"""Lines of a source, however long."""

from __future__ import annotations

import io

from ideolab_f2b.asn.sources import lines
from ideolab_f2b.asn.sources.refusals import Refusals


class NoWholeFile(io.BytesIO):
    """A file that must not be read at once."""

    most = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        """Note how much is asked for."""
        assert size is not None
        NoWholeFile.most = max(self.most, size if size > 0 else 1 << 60)
        return super().readline(size)


def test_lines_are_read_in_utf_8_or_latin_1() -> None:
    """Each by itself, with any line end; a mark at the begin is none of the first line."""
    refusals = Refusals()
    content = b"\xef\xbb\xbffirst\r\n\xc3\xa9\n\xe9\nlast"
    assert list(lines.read(io.BytesIO(content), refusals)) == ["first", "é", "é", "last"]
    assert refusals.total == 0


def test_a_line_of_ten_megabytes_is_refused_and_never_held() -> None:
    """What follows counts; the memory is that of the longest line that is allowed."""
    refusals = Refusals()
    content = b"a\n" + b"x" * 10_000_000 + b"\nb\n" + b"y" * 8192 + b"\n" + b"z" * 9000
    assert list(lines.read(NoWholeFile(content), refusals)) == ["a", "b", "y" * 8192]
    assert refusals.by_reason == {"a line of more than 8192 bytes": 2}
    assert list(refusals.describe()) == [
        '2 rows: a line of more than 8192 bytes (first: "' + "x" * 60 + '")',
    ]
    assert NoWholeFile.most == 8193


def test_nothing() -> None:
    """An empty file has no line."""
    assert list(lines.read(io.BytesIO(), Refusals())) == []
