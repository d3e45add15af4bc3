"""What a client writes into a log never names another one: attacks recorded on a real nginx 1.22.1."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nginx import replay

MODES = ("normal", "idle", "probe", "aggressive", "extra")
ACCESS_MODES = ("normal", "aggressive", "abort")
#: the addresses that the lab attacked from; every other one is a victim
ATTACKERS = ("203.0.113.",)


def victims(name: str, mode: str, log: str) -> Counter[str]:
    """{address: failures} of those who did nothing."""
    found = replay.hits(replay.matcher(name, mode), replay.lines(log))
    return Counter({who: count for who, count in found.items() if not who.startswith(ATTACKERS)})


@pytest.mark.parametrize("mode", MODES)
def test_no_line_is_forged_through_the_intake(mode: str) -> None:
    """Nine whole lines in a path, nine in an HTTP/2 header: each message stays one line."""
    assert victims("nginx-ideolab-slowtls", mode, "forged-lines.1.22.1.syslog-sanitized.log") == {}


def test_whole_lines_can_be_forged_in_a_file() -> None:
    """No filter can tell them from nginx's own: the reason for the intake."""
    assert victims("nginx-ideolab-slowtls", "normal", "forged-lines.1.22.1.info.log") == {
        "198.51.100.1": 9,
        "198.51.100.2": 9,
        "198.51.100.3": 1,
    }


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_forged_within_a_line(mode: str) -> None:
    """Paths, users, headers, request lines and referrers with a client of their own, in nginx's own file."""
    found = replay.matcher("nginx-ideolab-slowtls", mode)
    # the attacks that wrote whole lines wrote them in the name of another process
    true_lines = [line for line in replay.lines("injection.1.22.1.info.log") if " 1#1: " not in line]

    assert set(replay.hits(found, true_lines)) <= {"203.0.113.99"}
    assert len(true_lines) > 60


@pytest.mark.parametrize("mode", ACCESS_MODES)
@pytest.mark.parametrize("log", ["injection.1.22.1.access.log", "access-remote_user-tricks.1.22.1.log"])
def test_the_first_field_of_the_access_log_counts(mode: str, log: str) -> None:
    """nginx escapes what a client could end a field with."""
    assert victims("nginx-ideolab-stalled", mode, log) == {}


def test_a_user_name_hides_nobody() -> None:
    """Seven stalled requests with quotes, blanks, brackets, an address or a date as user name."""
    found = replay.matcher("nginx-ideolab-stalled", "aggressive")

    assert replay.hits(found, replay.lines("access-remote_user-tricks.1.22.1.log")) == {
        f"203.0.113.{last}": 1 for last in range(81, 88)
    }


@pytest.mark.parametrize("mode", MODES)
def test_forged_sources_of_quic_are_not_counted(mode: str) -> None:
    """300 lines of QUIC whose source nobody validated; counted are only requests that came to be read."""
    counted = victims("nginx-ideolab-slowtls", mode, "quic.1.26.3.info.log")

    assert counted == ({} if mode == "probe" else {"198.51.100.34": 3})


#: what a forger has to put together
PIECES = (
    "2026/11/22 15:34:01 [info] 1#1: *1 ", "client timed out (110: Connection timed out)", " web1 nginx: ",
    " while SSL handshaking", " while reading client request headers", ", client: 198.51.100.1",
    ", server: x", "SSL_read() failed (SSL: ", "error:1:x)", " ", '"', "(", ")", "limiting connections",
    "http2 flood detected while processing HTTP/2 connection", ' by zone "x"',
    "\r", "\u2028", "\x85", "\x0b", "\x1c",
)  # fmt: skip
EXTRA = replay.matcher("nginx-ideolab-slowtls", "extra")
ACCESS = replay.matcher("nginx-ideolab-stalled", "aggressive")
FORGED = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=40).filter(
    lambda text: "\n" not in text
)


@given(FORGED, FORGED)
def test_no_text_of_a_client_names_another(before: str, after: str) -> None:
    """Before nginx's own `client:` or after it, in every message that carries such text."""
    tail = f', client: 203.0.113.99, server: lab.example, request: "GET {after} HTTP/1.1", host: "{after}"'
    for message in (
        f'open() "/srv/www/{before}" failed (2: No such file or directory)',
        f'user "{before}": password mismatch',
        f'client sent invalid header line: "{before}" while reading client request headers',
        f'client sent header "x" with invalid value: "{before}" while processing HTTP/2 connection',
        "client timed out (110: Connection timed out) while reading client request headers",
    ):
        line = f"2026/11/22 15:34:01 [info] 27472#27472: *1 {message}{tail}"
        assert set(replay.hits(EXTRA, [line])) <= {"203.0.113.99"}


@given(FORGED)
def test_no_text_of_a_client_names_another_in_the_access_log(text: str) -> None:
    """As nginx escapes it in its default format."""
    safe = "".join(char if char >= " " and char not in '"\\' else f"\\x{ord(char):02X}" for char in text)
    user = safe.replace(":", "")
    line = f'203.0.113.99 - {user} [22/Nov/2026:15:34:01 +0000] "{safe}" 408 0 "{safe}" "{safe}"'

    assert set(replay.hits(ACCESS, [line])) <= {"203.0.113.99"}


@pytest.mark.needs("fail2ban")
def test_only_the_unit_of_nginx_may_speak_in_the_journal() -> None:
    """A `+` between the two means `or`, and any user may call a program nginx."""
    commands = replay.read("nginx-ideolab-slowtls", "normal", replay.REPOSITORY)

    assert [command[3:] for command in commands if command[2] == "addjournalmatch"] == [
        ["_SYSTEMD_UNIT=nginx.service", "_COMM=nginx"]
    ]
