"""text: what is written is what the filters can match, no less, and little more."""

from __future__ import annotations

import pytest

from ideolab_f2b.intake import kind
from tests.intake.filters import MODES, REPOSITORY
from tests.nginx import replay

pytestmark = pytest.mark.needs("fail2ban")

NAME = "nginx-ideolab-slowtls"
#: more texts than a jail of jail.d has modes: these two are enabled
COUNTED = ("normal", "probe")


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
    assert [line for line in counted if not (kinds[line] or kind.UNREAD)[1].is_counted] == []


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
