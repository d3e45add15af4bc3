"""escape: whatever comes in, one printable line goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.intake import escape


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"plain text, as it is", b"plain text, as it is"),
        (b"two\nlines", rb"two\x0alines"),
        (b"carriage\r return", rb"carriage\x0d return"),
        (b"nul\0, delete\x7f, escape\x1b[2J", rb"nul\x00, delete\x7f, escape\x1b[2J"),
        ("U+2028\u2028 U+0085\u0085".encode(), rb"U+2028\xe2\x80\xa8 U+0085\xc2\x85"),
        (rb"what nginx escaped: \x0d and \"", rb"what nginx escaped: \x0d and \""),
        (bytes(range(9)) * 2, rb"\x00\x01\x02\x03\x04\x05\x06\x07\x08" * 2),
        (b"", b""),
    ],
)
def test_what_is_not_printable_is_written_out(text: bytes, line: bytes) -> None:
    r"""As \xNN; a backslash stays, for filters of the access log read nginx's own escapes."""
    assert escape.escape_line(text) == line


@given(st.lists(st.binary()))
def test_any_bytes_are_one_printable_line_each(texts: list[bytes]) -> None:
    """As many lines as texts, and nothing in them that a reader could take for the end of one."""
    block = escape.join_lines(texts)

    assert block.count(b"\n") == len(texts)
    assert block.decode("ascii").replace("\n", "").isprintable()
    assert block == b"".join(escape.escape_line(text) + b"\n" for text in texts)


@given(st.lists(st.text("abc ~!,:\\\"'", min_size=1)))
def test_clean_texts_are_not_touched(texts: list[str]) -> None:
    """Nearly all lines are clean: these take the short way, and come out as they were."""
    assert (
        escape.join_lines([text.encode() for text in texts])
        == "".join(f"{text}\n" for text in texts).encode()
    )
