"""kind: whose a line is, and which lines are alike."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.intake import client, kind
from ideolab_f2b.intake.text import Evidence
from tests.nginx import replay

START = b"2026/11/22 15:34:01 [info] 27472#27472: *%d "
TIMEOUT = b"client timed out (110: Connection timed out) while "


def error(message: bytes, connection: int = 1) -> tuple[bytes, bytes]:
    """The client and the words of a message of the error log."""
    found = kind.classify_error(START % connection + message)
    assert found is not None
    return client.text_of(found[0]), found[1].text


UNREAD = (b"", b"")


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
    "message",
    [
        b'open() "/www/a" failed (2: No such file)',
        b'client sent header "x" with invalid value: "y"',
        b'open() "/style.css, client: 192.0.2.9, server: x" failed (2: No such file)',
    ],
)
def test_what_no_filter_reads_has_no_client(message: bytes) -> None:
    """A new path is nobody's, whoever is named in it."""
    assert error(message + b", client: 192.0.2.7, server: x") == UNREAD


def test_the_name_of_a_zone_is_not_of_the_kind() -> None:
    """From the first quote on the words stop."""
    assert error(b'limiting requests, excess: 9.5 by zone "z", client: 192.0.2.7, server: x') == (
        b"192.0.2.7",
        b" limiting requests, excess: . by zone ",
    )


def test_an_ipv6_client_is_its_64() -> None:
    """And an IPv4-mapped one is that of IPv4; only the client's own field is rewritten."""
    rest = b', server: x, request: "GET /, client: 2001:db8:0:9::1, server: "'
    for address, name in ((b"2001:db8:0:7::1", b"2001:db8:0:7::/64"), (b"::ffff:192.0.2.7", b"192.0.2.7")):
        line = START % 1 + TIMEOUT + b"SSL handshaking, client: " + address + rest
        found = kind.classify_error(line)
        assert found is not None
        assert kind.write_error(line, found) == line.replace(address, name, 1)
        line = b'{"ip":"' + address + b'","time":"x","status":"408","rt":1.0,"uri":"2001:db8:0:9::1"}'
        assert kind.write_access(line, kind.classify_access(line)) == line.replace(address, name, 1)


def session(status: bytes, seconds: bytes, numbers: bytes = b'"in":0,"out":0,"pre":"",') -> bytes:
    """Return a line of the stream front."""
    return (
        b'{"ip":"2001:db8:0:7::1","time":"2026-11-22T15:34:01+00:00","status":"%s","sess":%s,%s"sni":"","alpn":""}'
        % (status, seconds, numbers)
    )


@pytest.mark.parametrize(
    ("line", "said", "evidence"),
    [
        (session(b"200", b"10.003"), b"silent", Evidence.TIMEOUT),
        (session(b"200", b"5.000"), b"silent", Evidence.TIMEOUT),
        (session(b"503", b"0.000"), b"over the limit", Evidence.SHOWN),
    ],
)
def test_sessions_of_a_front(line: bytes, said: bytes, evidence: Evidence) -> None:
    """As the filter counts them; what is written names the /64."""
    found = kind.classify_access(line)

    assert (client.text_of(found[0]), found[1].text, found[1].evidence) == (
        b"2001:db8:0:7::/64",
        said,
        evidence,
    )
    assert kind.write_access(line, found) == line.replace(b"2001:db8:0:7::1", b"2001:db8:0:7::/64")


@pytest.mark.parametrize(
    "line",
    [
        session(b"200", b"4.999"),
        session(b"502", b"10.003"),
        session(b"200", b"31.004", b'"in":1597,"out":20360,"pre":"TLSv1.3",'),
    ],
)
def test_sessions_of_a_front_that_no_filter_reads(line: bytes) -> None:
    """A health check, a server that is down, a visit: nothing is written."""
    assert kind.classify_access(line) is kind.UNREAD


@pytest.mark.needs("fail2ban")
@pytest.mark.parametrize("seconds", [b"4.999", b"5.000", b"9.1", b"10.003", b"400.000"])
@pytest.mark.parametrize(
    "numbers", [b'"in":0,"out":0,"pre":"",', b'"in":1,"out":0,"pre":"",', b'"in":0,"out":0,"pre":"x",']
)
@pytest.mark.parametrize("status", [b"200", b"400", b"503"])
def test_a_session_is_silent_to_the_filter_too(status: bytes, seconds: bytes, numbers: bytes) -> None:
    """Or to neither of them."""
    line = session(status, seconds, numbers)
    is_counted = bool(replay.hits(replay.matcher("nginx-ideolab-front"), [line.decode()]))

    assert (kind.classify_access(line)[1].evidence is Evidence.TIMEOUT) == is_counted


def test_the_first_address_counts() -> None:
    """It is nginx's own in every message that a filter counts; what follows is the client's."""
    line = TIMEOUT + b'SSL handshaking, client: 192.0.2.7, server: x, referrer: "a, client: 192.0.2.9, b'
    assert error(line)[0] == b"192.0.2.7"


def test_forged_words_never_have_a_kind_that_a_filter_counts() -> None:
    """The client's text stands in quotes before its forged address: the kind ends before it."""
    forged = b'open() "/www/' + TIMEOUT + b'SSL handshaking, client: 192.0.2.9, server: x" failed'
    assert error(forged) == UNREAD


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (b"[alert] 7#7: 512 worker_connections are not enough", True),
        (b"[alert] 7#7: *93 512 worker_connections are not enough while connecting to upstream, "
         b'client: 192.0.2.7, server: x, request: "GET / HTTP/1.1"', True),
        (b"[alert] 7#7: *93 512 worker_connections are not enough, client: 192.0.2.7, server: x", True),
        (b"[crit] 7#7: accept4() failed (24: Too many open files)", True),
        (b"[alert] 7#7: *93 socket() failed (24: Too many open files) while connecting to upstream, client: "
         b"192.0.2.7, server: x", True),
        (b'[crit] 7#7: *93 open() "/www/a" failed (24: Too many open files), client: 192.0.2.7', False),
        (b"[info] 7#7: accept4() failed (24: Too many open files)", False),
        # nginx helps itself
        (b"[warn] 7#7: 512 worker_connections are not enough, reusing connections", False),
        # what a client can make nginx write
        (b'[error] 7#7: *1 open() "/ [alert] 7#7: 512 worker_connections are not enough" failed', False),
        (b'[alert] 7#7: *1 open() "/512 worker_connections are not enough" failed', False),
        (b"[alert] 7#7: 512 worker_connections are not enough for /x", False),
        (b"[error] 7#7: 512 worker_connections are not enough", False),
        (b'[info] 7#7: *1 client sent header "x" with invalid value: "y\n2026/11/22 15:34:01 [alert] 7#7: '
         b'512 worker_connections are not enough"', False),
    ],
)  # fmt: skip
def test_nginx_says_that_it_is_full(line: bytes, is_one: bool) -> None:
    """Its own words right after its front; no filter reads them."""
    found = kind.classify_error(b"2026/11/22 15:34:01 " + line)

    assert found is (kind.OUT_OF_CONNECTIONS if is_one else kind.UNREAD)


def test_lines_without_an_address() -> None:
    """No filter reads them."""
    assert error(b"client 192.0.2.7 closed keepalive connection") == UNREAD
    assert error(TIMEOUT + b"SSL handshaking, client: unix:, server: x") == UNREAD


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
        (b'2001:db8::7 - a b [x] "GET /\\x22 200 " HTTP/1.1" 000 0 "-" "-"', (b"2001:db8::/64", b"000")),
        (b'{"remote_addr":"198.51.100.7","status":"408","uri":"/"}', (b"198.51.100.7", b"408")),
        (b'{"ip":"198.51.100.7","time":"x","status":"400","rt":9.999,"in"', (b"198.51.100.7", b"400")),
        (b'{"ip":"198.51.100.7","time":"x","status":"400","rt":10.001,"in"', (b"198.51.100.7", b"400 slow")),
        (b'{ "client": "2001:db8::7", "uri": "\\"status\\": 2", "status": 408 }', (b"2001:db8::/64", b"408")),
        (b'{"ip":"198.51.100.7","time":"x","status":"200","rt":0.001,"in"', (b"198.51.100.7", b"200")),
        (b'198.51.100.7 - - [22/Nov/2026:15:34:01 +0000] "GET /" 200 0 "-" "-"', (b"", b"")),
        (b'{"client":"198.51.100.7","status":"404"}', (b"", b"")),
        (b"GET / HTTP/1.1", (b"", b"")),
    ],
)  # fmt: skip
def test_lines_of_the_access_log(text: bytes, found: tuple[bytes, bytes]) -> None:
    """Client and status, in nginx's default format and in objects of JSON."""
    key, words = kind.classify_access(text)
    assert (client.text_of(key), words.text) == found


def test_what_a_jail_counts_of_the_access_log() -> None:
    """Stalled requests: 408, and long uploads of little in our format."""
    line = b'{"ip":"198.51.100.7","time":"x","status":"%b","rt":%b,"in":9,"out":0,"up":"","limit":""'
    counted = {(b"408", b"0.1"), (b"400", b"10.1"), (b"499", b"99.1")}
    for case in (*counted, (b"000", b"1.0"), (b"400", b"1.0"), (b"499", b"9.9"), (b"200", b"60.0")):
        found = kind.classify_access(line % case)[1].evidence
        assert found is (Evidence.TIMEOUT if case in counted else Evidence.SHOWN)


def test_what_an_application_was_asked_for_is_no_failure() -> None:
    """Nor gRPC; it is written, for the other modes, and takes nothing from who is served."""
    line = (
        b'{"ip":"192.0.2.7","time":"x","status":"%b","rt":20.0,"in":9,"out":0,"up":"%b","kind":"%b","x":"%b"}'
    )
    for status in (b"408", b"499"):
        assert kind.classify_access(line % (status, b"", b"", b""))[1].evidence is Evidence.TIMEOUT
        for up, what in ((b"-", b""), (b"502, 504", b""), (b"408", b""), (b"", b"grpc")):
            found = kind.classify_access(line % (status, up, what, b""))
            assert found == kind.classify_access(line % (status, up, what, b"other text"))
            assert found[1].evidence is Evidence.SHOWN
    # what a client says of itself is escaped
    claimed = line % (b"408", b"", b"", rb"\"kind\":\"grpc\"")
    assert kind.classify_access(claimed)[1].evidence is Evidence.TIMEOUT


@pytest.mark.parametrize("rest", [b"7" * 60000, b"7" * 46 + b", server: x", b"198.51.100.7"])
def test_what_is_too_long_or_cut_is_no_address(rest: bytes) -> None:
    """A line that nginx cut within the address does not name another one."""
    assert error(TIMEOUT + b"SSL handshaking, client: " + rest)[0] == b""
    assert len(kind.classify_access(rest)[0]) <= 45


@given(st.binary(max_size=300))
def test_any_bytes_have_a_short_kind(text: bytes) -> None:
    """Never an error, never a key that grows with what a client sends."""
    found = kind.classify_access(text)
    access = (client.text_of(found[0]), found[1].text)
    for address, words in (error(text), error(TIMEOUT + b"keepalive, client: " + text), access):
        assert len(address) <= 45
        assert len(words) <= kind.LONGEST


def test_what_a_page_makes_a_browser_send_is_no_failure() -> None:
    """STUN to port 443 is written, for mode aggressive, and takes nothing from who is served."""
    for request, is_counted in (
        (b"\x00\x03", False),
        (b"", False),
        (b"\\x16\\x03", False),
        (b"\x16\x03", False),
        (b"GET /a b", False),
        (b"SSH-2.0", True),
        (b"\x03\x00", True),
    ):
        message = (
            b"client sent invalid method while reading client request line, client: 192.0.2.7, server: x"
        )
        found = kind.classify_error(START % 1 + message + b', request: "' + request)
        assert found is not None
        assert found[1].evidence is (Evidence.GARBAGE if is_counted else Evidence.SHOWN)


def test_a_long_request_is_cut_after_what_filters_read() -> None:
    """Two kilobytes of a client become some two hundred bytes; a short line stays."""
    message = (
        START % 1
        + b"client sent invalid method while reading client request line, client: 192.0.2.7, server: x"
    )
    line = message + b', request: "' + b"z" * 1800 + b'", host: "h"'
    found = kind.classify_error(line)
    assert found is not None
    assert kind.write_error(line, found) == message + b', request: "' + b"z" * 32 + b'"'
    assert kind.write_error(message + b', request: "zz', found) == message + b', request: "zz'
    # what stands before the client is nginx's, and stays
    zone = START % 1 + b'limiting requests, excess: 9.5 by zone "z", client: 192.0.2.7, server: x'
    assert kind.write_error(zone + b', host: "' + b"h" * 900, (b"192.0.2.7", found[1])) == (
        zone + b', host: "' + b"h" * 32 + b'"'
    )


@pytest.mark.parametrize("uri", ["/" + "x" * 2000, '/"\\u0001' * 300, "/" * 26 + "\x01" * 300])
def test_a_long_address_of_our_format_is_cut(uri: str) -> None:
    """It stays an object of JSON, and its numbers are read as before."""
    text = json.dumps({"ip": "192.0.2.7", "time": "x", "status": "408", "uri": uri, "agent": "a"})
    line = text.replace(": ", ":").replace(", ", ",").encode()
    cut = kind.write_access(line, kind.classify_access(line))
    assert json.loads(cut) == {"ip": "192.0.2.7", "time": "x", "status": "408", "uri": json.loads(cut)["uri"]}
    assert uri.startswith(json.loads(cut)["uri"]) and 20 < len(json.loads(cut)["uri"]) <= 32
    assert kind.classify_access(cut) == kind.classify_access(line)
