"""A card is a number that is known, or says why it is not; unknown is never 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import pytest

from ideolab_accesslog.dashboard.cards import Card, find_suspects, make_cards
from ideolab_accesslog.dashboard.prom import PromFile, parse
from ideolab_accesslog.dashboard.readings import Growth
from ideolab_accesslog.dashboard.sources.metrics import Metrics
from ideolab_accesslog.dashboard.sources.source import DashboardSource
from tests.accesslog.dashboard.samples import OK

CONNMON = (
    "ideolab_connmon_established_443 812\nideolab_connmon_suspect_ips 4\n"
    'ideolab_f2b_suspects{scope="ip"} 4\nideolab_f2b_suspects{scope="net"} 1\n'
)
FAIL2BAN = (
    'ideolab_f2b_active_bans{jail="sshd",family="inet"} 3\n'
    'ideolab_f2b_active_bans{jail="sshd",family="inet6"} 2\nideolab_f2b_dropped_packets_total{set="a"} 900\n'
)


def _metrics(key: str, text: str, state: str = "ok") -> Metrics:
    return Metrics(
        PromFile(Path("x"), values=parse(text)),
        DashboardSource(key, key, state, 1, f"{key} is {state}."),
        1.0,
    )


def _values(**changes: Any) -> dict[str, tuple[Optional[int], str]]:
    found: dict[str, Any] = {
        "connmon": _metrics("connmon", CONNMON),
        "fail2ban": _metrics("fail2ban", FAIL2BAN),
        "events": OK["events"],
        "bans": 7,
        "dropped": Growth(90, 60),
    }
    return {card.key: (card.value, card.state) for card in make_cards(**{**found, **changes})}


def test_all_is_known() -> None:
    """Networks are suspects too; both families of all jails are active bans."""
    assert _values() == {
        "established": (812, "ok"),
        "suspects": (5, "ok"),
        "active_bans": (5, "ok"),
        "bans_24h": (7, "ok"),
        "dropped": (90, "ok"),
    }


@pytest.mark.parametrize("state", ["absent", "unknown"])
def test_nothing_is_known(state: str) -> None:
    """Also where the import has found nothing to count."""
    found = _values(
        connmon=_metrics("connmon", "", state),
        fail2ban=_metrics("fail2ban", "", state),
        events=DashboardSource("events", "events", state, None, "why"),
        bans=0,
        dropped=None,
    )
    assert set(found.values()) == {(None, "unknown")}


def test_stale_sources() -> None:
    """The last numbers are shown as such; a rate of then is none of now."""
    found = _values(
        connmon=_metrics("connmon", CONNMON, "stale"),
        fail2ban=_metrics("fail2ban", FAIL2BAN, "stale"),
        events=DashboardSource("events", "events", "behind", 900, "why"),
    )
    assert found == {
        "established": (812, "stale"),
        "suspects": (5, "stale"),
        "active_bans": (5, "stale"),
        "bans_24h": (7, "stale"),
        "dropped": (None, "unknown"),
    }


def test_bans_that_were_not_counted() -> None:
    """Events are imported and not counted: unknown."""
    assert _values(bans=None)["bans_24h"] == (None, "unknown")


def test_a_rate_needs_two_readings() -> None:
    """Until then the card says what is known: the sum."""
    card = make_cards(_metrics("connmon", CONNMON), _metrics("fail2ban", FAIL2BAN), OK["events"], 7, None)[-1]
    assert card == Card(
        "dropped",
        "Packets dropped a minute",
        None,
        "unknown",
        "900 in all since the rules are there. How many a minute is known after the next reading of "
        "fail2ban's metrics, in half a minute.",
    )


def test_an_older_connmon() -> None:
    """Without numbers by scope, the addresses count; without any, nothing is known."""
    texts = ("ideolab_connmon_suspect_ips 4\n", 'ideolab_f2b_suspects{scope="net"} 1\n')

    assert [find_suspects(_metrics("connmon", text)) for text in texts] == [4, None]
