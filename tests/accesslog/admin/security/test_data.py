"""The data of the page as JSON."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from ideolab_accesslog.models import ConnmonEvent, FirewallActionLog, TrashIP
from tests.accesslog.admin.security.test_json_view import make_client, make_url

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\u2066\x1b[31m" + "x" * 10_000


@pytest.mark.django_db
def test_the_keys(tmp_path: Path, settings: Any) -> None:
    """They are the page's: docs/dashboard.md has them."""
    settings.ACCESSLOG_METRICS_DIR = str(tmp_path)
    found = make_client("view_security").get(make_url("data"), {"period": "7d"}).json()

    assert list(found) == [
        *("now", "period", "periods", "verdict", "cards", "timeline", "ordered", "last_bans", "origins"),
        *("asns", "countries", "networks4", "networks6", "site", "sources"),
    ]
    assert (found["period"], found["periods"]) == ("7d", ["1h", "24h", "7d", "30d"])
    assert (list(found["verdict"]), found["verdict"]["level"]) == (["level", "text", "reasons"], "unknown")
    assert [card["key"] for card in found["cards"]] == [
        *("established", "suspects", "active_bans", "bans_24h", "dropped")
    ]
    assert [source["key"] for source in found["sources"]] == ["events", "connmon", "fail2ban", "site"]


@pytest.mark.django_db
def test_hostile_texts() -> None:
    """What an attacker has written is printable and short."""
    ConnmonEvent.objects.create(
        ts=timezone.now(),
        type="ban",
        ip="198.51.100.7",
        subnet="198.51.100.0/24",
        asn="64500",
        asname=HOSTILE[:255],
        country="\u202eFR",
        reason=HOSTILE,
        jail="a\u2066b",
        bantime=60,
    )
    text = make_client("view_security").get(make_url("data")).content.decode()
    ban = json.loads(text)["last_bans"][0]

    shown = json.dumps(json.loads(text), ensure_ascii=False)
    assert [character for character in shown if not character.isprintable()] == []
    assert (ban["jail"], len(ban["reason"]), len(ban["asname"])) == ("a\\u2066b", 300, 80)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["data", "changelist"])
def test_each_visitor_sees_his_tables(name: str) -> None:
    """Also of an answer that is kept for all: paths and addresses of TrashIP need its permission."""
    TrashIP.objects.create(ip="198.51.100.7", reason="404_burst", count_404=40, last_path="/token-7")
    for permissions in (("view_security", "view_traship"), ("view_security",)):
        User.objects.all().delete()
        answer = make_client(*permissions).get(make_url(name))
        shown = [word in answer.content.decode() for word in ("token-7", "198.51.100.7")]
        assert shown == ["view_traship" in permissions] * 2
    assert "needs the permission to view TrashIP" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["data", "changelist"])
def test_who_ordered_a_ban_is_the_audit_s(name: str) -> None:
    """That it was ordered sees whoever sees the bans; it is there at once."""
    assert "198.51.100.7" not in make_client("view_security").get(make_url(name)).content.decode()
    FirewallActionLog.objects.create(
        **{"ip": "198.51.100.7", "action": "ban", "state": "done", "batch": uuid.uuid4()},
        **{"actor_id": 7, "actor_name": "ann-1", "reason": "scan-1"},
    )
    for permissions in (("view_security", "view_firewallactionlog"), ("view_security",)):
        User.objects.all().delete()
        found = make_client(*permissions).get(make_url(name)).content.decode()
        shown = [word in found for word in ("198.51.100.7", "ann-1", "scan-1")]
        assert shown == [True, *["view_firewallactionlog" in permissions] * 2]
