"""Bans that were ordered here, until an event tells of them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Optional

import pytest

from ideolab_accesslog.dashboard.bans.ordered import BanOrder, read_mark, read_orders
from ideolab_accesslog.dashboard.instants import read_clock
from ideolab_accesslog.databases.times import to_database
from ideolab_accesslog.models import FirewallActionLog
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import NOW, add_event

DAY_S = 86400


def add_order(
    action: str = "ban", ago_s: float = 60, ip: str = "198.51.100.7", state: str = "done", **fields: Any
) -> int:
    """Add a row of the audit, so many seconds ago."""
    bantime: Optional[int] = DAY_S if action == "ban" else None
    row = FirewallActionLog.objects.create(
        ts=to_database(NOW - timedelta(seconds=ago_s)),
        batch=uuid.uuid4(),
        actor_name="ann\u202e",
        # nobody is looked up
        actor_id=fields.pop("actor_id", 7),
        **{"action": action, "ip": ip, "state": state, "bantime": bantime, "reason": "scans", **fields},
    )
    return int(row.pk)


def list_states() -> list[tuple[str, str]]:
    """What was ordered, and its state."""
    return [(one.of, one.state) for one in read_orders(NOW)]


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_an_order_stands_until_its_event(database: str) -> None:
    """Of addresses, of the /64 of one, of networks and of AS numbers."""
    key = add_order()
    for number, ip in enumerate(("198.51.100.0/24", "2001:db8:0:7::/64", "2001:db8::7", "AS64500"), 61):
        add_order(ip=ip, ago_s=number)
    # an older ban, an address of the network, another network that begins there
    add_event("ban", 9000, bantime=60, until=NOW - timedelta(seconds=8940), is_counted=False)
    add_event("ban", 50, ip="198.51.100.8", is_counted=False)
    add_event("ban", 50, ip=None, subnet="198.51.100.0/23", is_counted=False)

    assert read_orders(NOW)[0] == BanOrder(
        id=f"order-{key}",
        ts=NOW - timedelta(seconds=60),
        type="ban",
        of="198.51.100.7",
        jail="",
        who="ann\\u202e",
        reason="scans",
        until=NOW + timedelta(seconds=DAY_S - 60),
        permanent=False,
        state="ordered",
    )
    assert len(list_states()) == 5
    add_event("ban", 59, is_counted=False)
    add_event("ban", 58, ip=None, subnet="198.51.100.0/24", is_counted=False)
    add_event("ban", 58, ip=None, subnet="2001:db8:0:7::/64", is_counted=False)
    # as fail2ban tells it of an address of IPv6 that is banned as its /64
    add_event("restored", 58, ip=None, subnet="2001:db8::/64", is_counted=False)
    add_event("ban", 58, ip=None, subnet=None, asn="64500", is_counted=False)
    assert list_states() == []


@pytest.mark.django_db
def test_each_state_of_the_audit() -> None:
    """What failed and what was noted only is said; what was refused, or asked, is no order."""
    for number, state in enumerate(("pending", "failed", "skipped", "refused"), 1):
        add_order(ip=f"198.51.100.{number}", state=state, ago_s=number, stderr="no route")
        add_order("unban", ip=f"198.51.101.{number}", state=state, ago_s=10 + number)
    add_order("check", ip="198.51.100.99")
    # unban_expired, say
    add_order("unban", ip="198.51.100.98", actor_id=None)

    assert [state for _of, state in list_states()] == [
        *("ordered", "failed", "noted", "unban_ordered", "unban_failed", "unban_noted")
    ]
    assert [one.reason for one in read_orders(NOW)][:2] == ["scans", "scans · no route"]


@pytest.mark.django_db
def test_the_newest_order_of_a_target_counts() -> None:
    """A ban and its unban, before the import has told of either."""
    add_order(ago_s=90)
    add_order("unban", ago_s=30)
    assert list_states() == [("198.51.100.7", "unban_ordered")]
    add_event("ban", 89)
    assert list_states() == [("198.51.100.7", "unban_ordered")]
    add_event("suspect", 20)
    add_event("unban", 29)
    assert list_states() == []


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_told"), [(3600, True), (2 * DAY_S, False), (None, False)])
def test_a_ban_that_there_is_already(seconds: Optional[int], is_told: bool) -> None:
    """fail2ban tells nothing of it again, unless the new one is longer."""
    add_event("ban", 7200)
    add_order(bantime=seconds)

    assert (list_states() == []) is is_told


@pytest.mark.django_db
def test_a_permanent_ban_that_there_is_already() -> None:
    """It is as long as any."""
    add_event("ban", 7200, bantime=-1, until=None)
    add_order(bantime=None)

    assert list_states() == []


@pytest.mark.django_db
def test_an_order_is_shown_for_a_while() -> None:
    """Whether it came is known by the sources then; a clock that was wrong orders nothing."""
    add_order(ago_s=901)
    add_order(ago_s=-60, ip="198.51.100.8")

    assert read_orders(NOW) == ()


@pytest.mark.django_db
def test_the_mark() -> None:
    """It is another after each order of a person, and each answer to it."""
    ago_s = (NOW - read_clock()).total_seconds() + 1
    marks = [read_mark()]
    add_order(ago_s=ago_s, actor_id=None)
    marks.append(read_mark())
    key = add_order(ago_s=ago_s, state="pending")
    marks.append(read_mark())
    FirewallActionLog.objects.filter(pk=key).update(state="done")

    assert [*marks, read_mark()] == [None, None, (key, "pending"), (key, "done")]
