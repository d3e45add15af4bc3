"""text: what is written is what the filters can match, no less, and little more."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest

from ideolab_f2b.intake import escape, kind, text
from ideolab_f2b.intake.text import Evidence
from tests.intake.filters import MODES, REPOSITORY
from tests.nginx import replay

pytestmark = pytest.mark.needs("fail2ban")

NAME = "nginx-ideolab-slowtls"
#: more texts than a jail of jail.d has modes: these two are enabled
COUNTED = ("normal", "probe")
INVALID = (
    b"2026/11/22 15:34:01 [info] 7#7: *1 client sent invalid method while reading client request line, "
    b'client: 198.51.100.7, server: x, request: "'
)
BEGINNINGS = (
    rb"\x00\x01", rb"\x02", rb"\x03\x00", rb"\x16\x03\x01", rb"\x17",
    b"GET /", b"GET", b"get /", b"PUT x", b"DELETE x",
    b'"', b"OPTIONS *", b"SSH-2.0-x", b"\n", b"\r\n",
)  # fmt: skip


@functools.cache
def _probe() -> Any:
    return replay.matcher(NAME, "probe")


def _lines() -> list[str]:
    samples = (REPOSITORY / "tests/samples" / NAME).read_text().splitlines()
    logs = [replay.lines(f"1.22.1-{run}.error.log") for run in ("stock", "seed", "hard")]
    # not those that the intake has written already
    found = [line for line in samples if line.startswith("2026/") and "::/64, " not in line]
    found += [line for log in logs for line in log]
    found += replay.lines("injection.1.22.1.info.log")
    # one of each text
    return list({line.partition("*")[2].lstrip("0123456789")[:90]: line for line in found}.values())


@pytest.fixture(scope="module")
def matched() -> dict[str, set[str]]:
    """{line of the samples and of real logs: the modes that match it}"""
    filters = {mode: replay.matcher(NAME, mode) for mode in MODES}
    return {line: {mode for mode, one in filters.items() if replay.hits(one, [line])} for line in _lines()}


def test_every_line_that_a_filter_matches_is_written(matched: dict[str, set[str]]) -> None:
    """In whatever mode; and one that a jail of jail.d counts is known as such."""
    kinds = {line: kind.classify_error(line.encode()) for line, modes in matched.items() if modes}

    assert len(kinds) > 50
    assert [line for line, found in kinds.items() if found in (None, kind.UNREAD)] == []
    counted = [line for line in kinds if matched[line] & set(COUNTED)]
    known = {line: (kinds[line] or kind.UNREAD)[1].evidence for line in counted}
    assert [line for line in counted if known[line] is Evidence.SHOWN] == []
    assert [line for line in counted if (known[line] is Evidence.GARBAGE) != ("probe" in matched[line])] == []


def test_a_cut_line_is_read_as_the_whole_one(matched: dict[str, set[str]]) -> None:
    """By the same modes, with a name of the server and two kilobytes of request."""
    lines = [line for line in matched if kind.classify_error(line.encode()) not in (None, kind.UNREAD)]
    for line in lines:
        long = line + "x" * 2000 if ', request: "' in line and not line.endswith('request: "') else line
        cut = kind.write_error(long.encode(), kind.classify_error(long.encode()) or kind.UNREAD).decode()
        assert len(cut) < 400
        if long == line and len(line) <= kind.SHORT and "::" not in line:
            assert cut == line
        found = {mode for mode in MODES if replay.hits(replay.matcher(NAME, mode), [cut])}
        assert found == matched[line], (line, cut)


def test_the_filter_and_the_intake_know_the_same_requests_of_browsers() -> None:
    """One pattern in both."""
    (pattern,) = re.findall("^_browser = (.*)$", (REPOSITORY / f"filter.d/{NAME}.conf").read_text(), re.M)
    # the filter reads a line without its end
    assert text.BROWSER.pattern.decode() == pattern.replace("$", r"\Z")


@pytest.mark.parametrize(
    "request_text", [*(bytes((first, 7)) for first in range(1, 256)), b"", *BEGINNINGS], ids=repr
)
def test_a_request_is_garbage_to_both_or_to_neither(request_text: bytes) -> None:
    """As bytes, and as text that looks like bytes."""
    line = INVALID + request_text
    found = kind.classify_error(line)
    assert found is not None
    written = escape.escape_line(kind.write_error(line, found)).decode()
    is_garbage = bool(replay.hits(_probe(), [written]))
    assert (found[1].evidence is Evidence.GARBAGE) == is_garbage


def test_a_line_that_no_filter_reads_is_not_written(matched: dict[str, set[str]]) -> None:
    """Paths, headers and names of users, which a client can fill, are among these."""
    unread = [line for line, modes in matched.items() if not modes]
    written = [line for line in unread if kind.classify_error(line.encode()) not in (None, kind.UNREAD)]

    assert any('] 27472#27472: *61 open() "' in line for line in unread)
    # known by their beginning alone: what OpenSSL says of our own faults and of clients that left
    assert {line.partition("*")[2].partition(" ")[2].partition(" ")[0] for line in written} <= {
        "SSL_do_handshake()", "SSL_read()", "client", "limiting",
    }  # fmt: skip
    assert not any('"' in line.partition(", client: ")[0] for line in written)
