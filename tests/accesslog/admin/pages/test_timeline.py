"""One list of what an address did and of what was done about it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ideolab_accesslog import networks
from ideolab_accesslog.admin.pages.rule_names import RULES
from ideolab_accesslog.admin.pages.timeline import PAGES, TimelineEntry, find_names, read_timeline
from ideolab_accesslog.models import AccessLog, FirewallActionLog, OffenceLog
from ideolab_accesslog.traship import classify, rules
from tests.accesslog.conftest import VENDORS

ALICE, NETWORK = "198.51.100.7", "2001:db8:0:7::/64"
NOW = datetime(2026, 11, 29, 12, tzinfo=timezone.get_default_timezone())


def _offence(minutes: int, **fields: Any) -> None:
    plain: dict[str, Any] = {"ip": ALICE, "method": "GET", "path": "/.env", "status_code": 403}
    plain.update(rule="dotfile", reason="sensitive_path", ts=NOW - timedelta(minutes=minutes))
    OffenceLog.objects.create(**{**plain, **fields})


def _request(minutes: int, **fields: Any) -> None:
    plain: dict[str, Any] = {"ip": ALICE, "method": "GET", "path": "/ok", "status_code": 200}
    AccessLog.objects.create(**{**plain, "ts": NOW - timedelta(minutes=minutes), **fields})


def _action(minutes: int, action: str, **fields: Any) -> None:
    plain: dict[str, Any] = {"ip": ALICE, "batch": uuid.uuid4(), "actor_name": "alice", "state": "done"}
    ts = NOW - timedelta(minutes=minutes)
    FirewallActionLog.objects.create(**{**plain, "ts": ts, "action": action, **fields})


def _read(address: str = ALICE, page: int = 1, **may: bool) -> Any:
    may = {"has_requests": True, "has_actions": True, **may}
    return read_timeline(networks.parse(address), page, **may)


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_all_that_happened_newest_first(database: str) -> None:
    """Offences, requests and actions in one order."""
    _action(1, "unban", state="skipped")
    _action(2, "ban", bantime=86400, reason="scan")
    _action(3, "ban", state="failed", stderr="no such set\n")
    _offence(4)
    _offence(5, rule="", reason="404_burst", status_code=404, path="/nope", user_agent="curl")
    _offence(6, reason="cross_site")
    _offence(7, reason="crawler", rule="")
    _request(8)
    _request(9, status_code=500)
    _offence(0, ip="198.51.100.8")

    entries = _read().entries
    assert [(entry.badge, entry.level) for entry in entries] == [
        *(
            ("unban", "good"),
            ("ban", "ban"),
            ("ban", "bad"),
            ("hidden file", "bad"),
            ("missing page", "warn"),
        ),
        *(("another site's page", ""), ("crawler", ""), ("request", ""), ("request", "bad")),
    ]
    assert [entry.text for entry in entries[:3]] == [
        "alice · not executed",
        "alice · done · until 2026-11-30 11:58:00 · scan",
        "alice · failed · permanent · no such set\\x0a",
    ]
    assert entries[4] == TimelineEntry(
        NOW - timedelta(minutes=5), "missing page", "warn", "GET /nope", 404, "", "curl"
    )


@pytest.mark.django_db
def test_what_was_refused_changed_nothing() -> None:
    """Neither the colour of a ban nor that of an unban."""
    _action(1, "unban", state="refused")
    _action(2, "ban", state="refused")
    assert [entry.level for entry in _read().entries] == ["", ""]


@pytest.mark.django_db
def test_an_ipv6_client_is_its_network() -> None:
    """What its /64 did is on its page, and whose it was where it was another address."""
    _offence(1, ip=NETWORK, client_ip="2001:db8:0:7::9")
    _offence(2, ip=NETWORK, client_ip="2001:db8:0:7::5")
    _request(3, ip="2001:db8:0:7::5")
    assert [entry.text for entry in _read("2001:db8:0:7::5").entries] == ["2001:db8:0:7::9", "", ""]
    assert [entry.text for entry in _read(NETWORK).entries] == [
        *("2001:db8:0:7::9", "2001:db8:0:7::5", "2001:db8:0:7::5"),
    ]
    assert find_names(networks.parse("64:ff9b::7")) == ["64:ff9b::7"]


@pytest.mark.django_db
def test_pages_hold_each_entry_once() -> None:
    """A hundred on each; the last page says that there is more."""
    ts = NOW
    AccessLog.objects.bulk_create(
        AccessLog(
            ts=ts - timedelta(seconds=number), ip=ALICE, method="GET", path=f"/{number}", status_code=200
        )
        for number in range(1050)
    )
    seen = [entry.code for page in range(1, PAGES + 1) for entry in _read(page=page).entries]
    assert seen == [f"GET /{number}" for number in range(1000)]
    first, last = _read(page=1), _read(page=99)
    assert (first.newer, first.older, first.is_cut) == (None, 2, False)
    assert (last.page, last.newer, last.older, last.is_cut) == (10, 9, None, True)
    assert _read("198.51.100.8").entries == ()


@pytest.mark.django_db
def test_what_the_visitor_may_not_see_is_left_out() -> None:
    """The offences stay: they are part of TrashIP."""
    _offence(1)
    _request(2)
    _action(3, "ban")
    entries = _read(has_requests=False, has_actions=False).entries
    assert [entry.badge for entry in entries] == ["hidden file"]


def test_every_rule_has_words() -> None:
    """And no word is left of a rule that is gone."""
    # those that are in no table
    found = {"substring", "suffix", "traversal", "null-byte", "dotfile", "env", "backup", "archive"}
    for name, table in vars(rules).items():
        if isinstance(table, dict) and name.isupper():
            found |= set(table.values())
    found |= {name for name, _pattern in rules.PATTERNS}
    assert found == set(RULES)
    assert classify.by_segments("/.env") in RULES
