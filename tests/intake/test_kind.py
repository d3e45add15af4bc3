"""kind: whose a line is, and which lines are alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.intake import kind

START = b"2026/11/22 15:34:01 [info] 27472#27472: *%d "
TIMEOUT = b"client timed out (110: Connection timed out) while "


def error(message: bytes, connection: int = 1) -> kind.Kind:
    """The kind of a message of the error log."""
    found = kind.classify_error(START % connection + message)
    assert found is not None
    return found


def test_the_address_and_the_words_of_a_line() -> None:
    """Process, connection and error number are not of the kind."""
    found = error(TIMEOUT + b"SSL handshaking, client: 198.51.100.7, server: 0.0.0.0:443", 4711)

    assert found == (
        b"198.51.100.7",
        b" client timed out (: Connection timed out) while SSL handshaking",
    )


def test_two_stages_are_two_kinds() -> None:
    """A flood of what no filter counts takes nothing from what one counts."""
    assert error(TIMEOUT + b"waiting for request, client: 2001:db8::7, server: x") != error(
        TIMEOUT + b"SSL handshaking, client: 2001:db8::7, server: x"
    )


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b'limiting requests, excess: 9.5 by zone "z"', b"limiting requests, excess: . by zone "),
        (b'open() "/www/a" failed (2: No such file)', b"open() "),
        (b'client sent header "x" with invalid value: "y"', b"client sent header "),
    ],
)
def test_names_and_what_clients_sent_are_not_of_the_kind(message: bytes, words: bytes) -> None:
    """From the first quote on the words stop: a new path is no new kind."""
    assert error(message + b", client: 192.0.2.7, server: x") == (b"192.0.2.7", b" " + words)


def test_the_first_address_counts() -> None:
    """It is nginx's own in every message that a filter counts; what follows is the client's."""
    line = TIMEOUT + b'SSL handshaking, client: 192.0.2.7, server: x, referrer: "a, client: 192.0.2.9, b'
    assert error(line)[0] == b"192.0.2.7"


def test_forged_words_never_have_a_kind_that_a_filter_counts() -> None:
    """The client's text stands in quotes before its forged address: the kind ends before it."""
    forged = b'open() "/www/' + TIMEOUT + b'SSL handshaking, client: 192.0.2.9, server: x" failed'
    assert error(forged) == (b"192.0.2.9", b" open() ")


def test_lines_without_an_address() -> None:
    """Are of a kind, too: nobody's."""
    assert error(b"64 worker_connections are not enough")[0] == b""
    assert error(b"client 192.0.2.7 closed keepalive connection") == (
        b"",
        b" client ... closed keepalive connection",
    )


@pytest.mark.parametrize(
    "text",
    [
        b'198.51.100.77 - - [22/Nov/2026:15:34:01 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
        b"2026/11/22 15:34:01 nothing",
        b" 2026/11/22 15:34:01 [info] late",
        b"\xff",
    ],
)
def test_what_is_no_line_of_the_error_log(text: bytes) -> None:
    """An access log that came under the wrong tag is told from it."""
    assert kind.classify_error(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'198.51.100.7 - - [22/Nov/2026:15:34:01 +0000] "GET /" 408 0 "-" "-"', (b"198.51.100.7", b"408")),
        (b'2001:db8::7 - a b [x] "GET /\\x22 200 " HTTP/1.1" 000 0 "-" "-"', (b"2001:db8::7", b"000")),
        (b'{"remote_addr":"198.51.100.7","status":"408","uri":"/"}', (b"198.51.100.7", b"408")),
        (b'{"ip":"198.51.100.7","time":"x","status":"400","rt":9.999,"in"', (b"198.51.100.7", b"400")),
        (b'{"ip":"198.51.100.7","time":"x","status":"400","rt":10.001,"in"', (b"198.51.100.7", b"400 slow")),
        (b'{ "client": "2001:db8::7", "uri": "\\"status\\": 200", "status": 408 }', (b"2001:db8::7", b"408")),
        (b"GET / HTTP/1.1", (b"", b"")),
    ],
)  # fmt: skip
def test_lines_of_the_access_log(text: bytes, found: kind.Kind) -> None:
    """Address and status, in nginx's default format and in objects of JSON."""
    assert kind.classify_access(text) == found


@pytest.mark.parametrize("rest", [b"7" * 60000, b"7" * 46 + b", server: x", b"198.51.100.7"])
def test_what_is_too_long_or_cut_is_no_address(rest: bytes) -> None:
    """A line that nginx cut within the address does not name another one."""
    assert error(TIMEOUT + b"SSL handshaking, client: " + rest)[0] == b""
    assert len(kind.classify_access(rest)[0]) <= 45


@given(st.binary(max_size=300))
def test_any_bytes_have_a_short_kind(text: bytes) -> None:
    """Never an error, never a key that grows with what a client sends."""
    for address, words in (error(text), error(b"a, client: " + text), kind.classify_access(text)):
        assert len(address) <= 45
        assert len(words) <= kind.LONGEST
