"""datagram: nginx's header, in all its forms, and whatever else may arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.intake import datagram
from tests.intake.recorded import datagrams

TEXT = b"2026/11/22 15:34:01 [info] 27472#27472: *1 client closed connection"


@pytest.mark.parametrize(
    ("head", "tag"),
    [
        (b"<190>Nov 22 15:34:01 vm ngxtls: ", b"ngxtls"),
        (b"<187>Nov  2 05:34:01 web-1.example.org nginx: ", b"nginx"),
        (b"<190>Nov 22 15:34:01 nginx_access: ", b"nginx_access"),
        (b"<7>Jan  1 00:00:00 nginx: ", b"nginx"),
    ],
)
def test_with_and_without_a_host_name(head: bytes, tag: bytes) -> None:
    """`nohostname` leaves the name out; the tag is the word before the colon."""
    assert datagram.parse(head + TEXT) == (tag, TEXT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\xff" * 100,
        TEXT,
        b"<190>Nov 22 15:34:01 nginx: ",
        b"<190>Nov 22 15:34:01 nginx " + TEXT,
        b"<190>Nov 22 15:34:01 vm two nginx: " + TEXT,
        b"<190>Nov 22 15:34:01 vm\nname nginx: " + TEXT,
        b"<190>Nov 22 15:34:01 " + b"n" * 33 + b": " + TEXT,
        b"<1900>Nov 22 15:34:01 nginx: " + TEXT,
        b"<190>1 2026-11-22T15:34:01Z vm nginx - - - " + TEXT,
        b"x" * datagram.SIZE,
    ],
)
def test_what_nginx_never_sends_is_refused(data: bytes) -> None:
    """Without header, cut, of another protocol, binary, empty."""
    assert datagram.parse(data) is None


def test_the_text_may_hold_anything() -> None:
    """Line feeds and headers inside a message are the message's."""
    text = b"2026/11/22 15:34:01 [error] a\n<190>Nov 22 15:34:01 nginx: b\0\xff"
    assert datagram.parse(b"<187>Nov 22 15:34:01 nginx: " + text) == (b"nginx", text)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_message_or_nothing(data: bytes) -> None:
    """Never an error; what is told is the end of what came."""
    found = datagram.parse(data)
    assert found is None or (found[1] and data.endswith(b": " + found[1]))


@pytest.mark.parametrize(
    ("name", "tags"),
    [("plain.1.22.1.txt", {b"ngxtls"}), ("forged.1.22.1.txt", {b"nginx", b"nginx_access"})],
)
def test_recorded_datagrams(name: str, tags: set[bytes]) -> None:
    """Every datagram of a real nginx is understood, those that hold forged lines too."""
    found = [datagram.parse(data) for data in datagrams(name)]
    assert {message and message[0] for message in found} == tags
