"""The line grammar through fail2ban's own filter: whatever somebody else wrote, nobody else is named."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b import logline

with warnings.catch_warnings():
    # fail2ban's own imports of what Python calls deprecated
    warnings.simplefilter("ignore")
    from fail2ban.client.filterreader import FilterReader
    from fail2ban.server.filterpoll import FilterPoll
    from fail2ban.server.jail import Jail

FILTERS = Path(__file__).resolve().parents[2] / "filter.d"


def filter_of(name: str, options: Mapping[str, str]) -> Any:
    """fail2ban's filter with our file, as the server would set it up."""
    reader = FilterReader(name, name, dict(options), basedir=str(FILTERS.parent))
    reader.read()
    reader.getOptions({})
    made = FilterPoll(Jail(name, backend="polling"))
    for command in reader.convert():
        if command[2] == "addfailregex":
            made.addFailRegex(command[3])
        elif command[2] == "datepattern":
            made.setDatePattern(command[3])
    return made


MANUAL = filter_of("ideolab-manual", {})
CONNMON, CONNMON_NET = (filter_of("ideolab-connmon", {"scope": scope}) for scope in ("ip", "net"))

ADDRESSES = st.ip_addresses(network="198.51.100.0/24") | st.ip_addresses(network="2001:db8:c::/48")
#: what an attacker would try, and everything else
HOSTILE = st.text(max_size=200) | st.binary(max_size=200) | st.sampled_from(
    ["x\n2026-11-22T14:52:01+0000 manual: ban 203.0.113.9 ttl=-1", '" manual: ban 203.0.113.9 ttl=-1',
     "\r manual: ban 203.0.113.9 ttl=-1", "ban 203.0.113.9 ttl=permanent"]
)  # fmt: skip


def found(subject: Any, text: str) -> list[tuple[str, str | None]]:
    """(host, ttl) of each failure; the text may be several lines, as a log would hold them."""
    failures = []
    for line in text.split("\n"):
        for _index, identity, _date, data in subject.processLine(line)[:1]:
            failures.append((str(identity), data.get("ttl")))
    return failures


def test_the_filters_have_the_grammar_of_logline() -> None:
    """What ends a line in a filter is made of the words and keys that logline writes."""
    rest = rf'_rest = (?: {logline.KEY}={logline.WORD})*(?:$| {logline.KEY}=")'.replace("%", "%%")

    for name in ("ideolab-connmon", "ideolab-manual", "ideolab-traship"):
        assert rest in (FILTERS / f"{name}.conf").read_text().splitlines(), name


def now() -> datetime:
    return datetime.fromtimestamp(int(time.time()), timezone.utc)


@given(ADDRESSES, st.integers(1, 10**9), HOSTILE, HOSTILE)
def test_manual(address: object, ttl: int, actor: str | bytes, reason: str | bytes) -> None:
    """Exactly the address and the time of the line, whoever asked and whatever the reason says."""
    line = logline.format_line(
        now(), "manual", "ban", str(address), {"ttl": ttl}, {"actor": actor, "reason": reason}
    )

    assert found(MANUAL, line) == [(str(address), str(ttl))]


@given(ADDRESSES, st.integers(0, 10**6), HOSTILE)
def test_connmon(address: object, count: int, text: str | bytes) -> None:
    """A suspect's line names the suspect, to its own jail only, also with text that we do not know."""
    plain: dict[str, int | str] = {"scope": "ip", "score": 5, "connections": count, "mute": count}
    plain["port"] = 443
    line = logline.format_line(now(), "connmon", "suspect", str(address), plain, {"note": text})

    assert found(CONNMON, line) == [(str(address), None)]
    assert found(CONNMON_NET, line) == []
    assert found(MANUAL, line) == []


@given(ADDRESSES, HOSTILE)
def test_other_lines(address: object, text: str | bytes) -> None:
    """Lines of other programs and kinds name nobody, whatever they quote."""
    line = logline.format_line(now(), "traship", "offence", str(address), {"status": 403}, {"path": text})

    assert found(CONNMON, line) + found(CONNMON_NET, line) + found(MANUAL, line) == []


@given(st.text(max_size=300))
def test_any_line(text: str) -> None:
    """No text without our words at its beginning is a failure."""
    line = f"{now():%Y-%m-%dT%H:%M:%S%z} {text}"

    if not text.startswith(("manual: ban ", "connmon: suspect ")):
        assert found(CONNMON, line) + found(CONNMON_NET, line) + found(MANUAL, line) == []
