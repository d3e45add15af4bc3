"""Lists as editors and systems write them."""

from __future__ import annotations

import codecs

import pytest

from ideolab_f2b.notation import content

TEXT = "198.51.100.7\r\n# B\u00fcro\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        b"\xef\xbb\xbf\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("1", "1\u200b").encode(),
    ],
)
def test_encodings(data: bytes) -> None:
    """With a byte order mark or without, and with what nobody sees on a screen."""
    assert content.decode(data) == TEXT


def test_a_bad_byte() -> None:
    """It spoils its own word only."""
    assert content.decode(b"198.51.100.7\nB\xfcro\n") == "198.51.100.7\nB\ufffdro\n"
    assert content.decode(b"") == ""
