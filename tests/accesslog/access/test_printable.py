"""What a client sent, as text."""

from __future__ import annotations

import pytest

from ideolab_accesslog.access.printable import describe_error, to_printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/wp-login.php", "/wp-login.php"),
        ("/café/日本", "/café/日本"),
        ("/a\nb\r\t\x00", "/a\\x0ab\\x0d\\x09\\x00"),
        ("/\u202egnp.exe", "/\\u202egnp.exe"),
        ("/\u2028\u200b\ufeff", "/\\u2028\\u200b\\ufeff"),
        ("/\ud800", "/\\ud800"),
        ("/\U0001f600", "/\\U0001f600"),
        ("/<b>", "/<b>"),
        # a heap of marks covers the lines around it; letters of Hangul and Braille that are blank
        ("/a\u0300\u0301\u0302\u0489\u0300b\u0300", "/a\u0300\u0301\u0302\\u0489\\u0300b\u0300"),
        ("/\u3164\u2800\ufe0f", "/\\u3164\\u2800\\ufe0f"),
        ("/\u1ec7 e\u0323\u0302 \u05e9\u05bc\u05c1\u05b8", "/\u1ec7 e\u0323\u0302 \u05e9\u05bc\u05c1\u05b8"),
    ],
)
def test_what_is_not_printable_has_a_number(text: str, shown: str) -> None:
    """Letters of all languages stay; a page escapes its own characters itself."""
    assert to_printable(text, 100) == shown


def test_no_text_is_longer_than_its_column() -> None:
    """Also one of which every character takes ten."""
    assert len(to_printable("\U0001f600" * 5000, 1024)) == 1024
    assert to_printable("/" + "a" * 5000, 10) == "/aaaaaaaaa"


def test_an_error_is_one_line() -> None:
    """PostgreSQL's further ones quote the row."""
    fault = ValueError('no place \x1b[2J on the disk\nCONTEXT: COPY, line 1: "what a client sent"')

    assert describe_error(fault) == "no place \\x1b[2J on the disk"
    assert describe_error(ValueError()) == "ValueError"
    assert len(describe_error(ValueError("x" * 9999))) == 500
