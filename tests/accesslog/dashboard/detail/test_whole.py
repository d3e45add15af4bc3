"""All that is known of one target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ideolab_accesslog.dashboard.detail.whole import TargetDetail, read_detail
from ideolab_accesslog.models import OffenceLog, TrashIP
from tests.accesslog.dashboard.detail.test_target import make_target
from tests.accesslog.dashboard.samples import NOW, add_event, fill_calm


def _read(text: str, *hidden: str) -> TargetDetail:
    return read_detail(make_target(text), lambda name: name not in hidden, NOW)


@pytest.mark.django_db
def test_an_address(tmp_path: Path, settings: Any) -> None:
    """Whose it is, what it did, and whether it is banned."""
    fill_calm(tmp_path, settings)
    add_event(ip="2001:db8::7", asn="64500", asname="A<b>", country="FR", jail="ideolab-connmon")
    TrashIP.objects.create(
        ip="2001:db8::/64", count_404=3, count_sensitive=1, last_seen=NOW, is_banned=True, ban_reason="scans"
    )
    found = _read("2001:db8::7")

    assert found.origin == (("AS number", "64500"), ("AS name", "A<b>"), ("country", "France"))
    assert found.facts == (
        ("network", "2001:db8::/64"),
        ("first event", "2026-11-22T14:51:30+00:00"),
        ("newest event", "2026-11-22T14:51:30+00:00"),
        ("ban", "2001:db8::7 is banned by ideolab-connmon, until 2026-11-23T14:51:30+00:00"),
        ("counted by the site", "3 missing pages, 1 sensitive paths"),
        ("last seen by the site", "2026-11-22T14:52:30+00:00"),
        ("ban wanted by the site", "permanent scans"),
    )
    assert (found.kind, found.title, found.hidden, found.cut) == ("address", "2001:db8::7", (), False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "not banned by fail2ban, as far as the events say"),
        ({"ip": None, "subnet": "198.51.100.0/24"}, "198.51.100.0/24 is banned by sshd, until "),
        ({"bantime": -1, "until": None}, "198.51.100.7 is banned by sshd, permanent"),
        ({"bantime": None, "until": None}, "unknown: the events do not say it, or not all are imported"),
    ],
)
def test_the_ban(fields: dict[str, Any], text: str, tmp_path: Path, settings: Any) -> None:
    """A ban of the network around it is one of it."""
    fill_calm(tmp_path, settings)
    add_event("ban" if fields else "unban", **fields)

    assert dict(_read("198.51.100.7").facts)["ban"].startswith(text)


@pytest.mark.django_db
def test_an_import_that_is_not_there() -> None:
    """Then nobody knows whether it is banned, nor whose it is."""
    found = _read("198.51.100.7")

    assert dict(found.facts) == {"ban": "unknown: the events do not say it, or not all are imported"}
    assert found.origin == (("origin", "unknown: no event of it has one"),)


@pytest.mark.django_db
def test_hidden_parts() -> None:
    """Who may not see a table sees nothing of it, and is told."""
    TrashIP.objects.create(ip="198.51.100.7", count_404=3)
    OffenceLog.objects.create(
        ts=NOW, ip="198.51.100.7", reason="sensitive_path", method="GET", path="/.env", status_code=404
    )
    found = _read("198.51.100.7", "view_traship", "view_accesslog", "view_firewallactionlog")

    assert (found.hidden, found.paths, found.audit) == (("requests", "audit", "offences"), (), ())
    assert [label for label, _value in found.facts] == ["ban"]
    assert _read("198.51.100.7", "view_accesslog").hidden == ("requests",)


@pytest.mark.django_db
def test_the_number_of_queries_is_bounded() -> None:
    """However many events there are."""
    for number in range(60):
        add_event(ago_s=number, is_counted=False)
    with CaptureQueriesContext(connection) as captured:
        _read("198.51.100.0/24")

    assert len(captured) <= 13
