"""The firewall's answers in the rows of a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ideolab_accesslog.firewall import answers, intents
from ideolab_accesslog.firewall.intents import Call, WrittenCall
from ideolab_accesslog.firewall.transports.order import DONE, FAILED, FirewallAnswer, Order, RunReply
from ideolab_accesslog.models import FirewallActionLog, Total, TrashIP
from tests.accesslog.conftest import VENDORS

pytestmark = pytest.mark.usefixtures("database")
VICTIM, OTHER = "198.51.100.7", "2001:db8::7"
ORDERS = [Order("ban", VICTIM), Order("ban", OTHER)]
REPLY = RunReply(
    {VICTIM: FirewallAnswer(DONE, True, "banned"), OTHER: FirewallAnswer(FAILED, stderr="no")}, rc=1
)


def write() -> WrittenCall:
    """The rows of a ban of both addresses."""
    pending: dict[str, Any] = {"state": "pending"}
    return intents.write(
        Call("ban", actor_name="alice"), {VICTIM: pending, OTHER: pending}, {}, lambda _written: None
    )


def flags() -> list[tuple[Any, ...]]:
    """Address, applied, confirmed and error of each row."""
    rows = TrashIP.objects.order_by("ip").values_list(
        "ip", "iptables_applied", "applied_at", "firewall_error"
    )
    return [(ip, applied, at is not None, error) for ip, applied, at, error in rows]


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_each_address_has_its_own_answer() -> None:
    """Audit rows are finished, flags are set where the firewall confirmed, the metric counts both."""
    answers.store(write(), ORDERS, REPLY, timezone.now())

    fields = ("ip", "state", "rc", "stdout", "stderr")
    assert sorted(FirewallActionLog.objects.values_list(*fields)) == [
        (VICTIM, "done", 1, "banned", ""),
        (OTHER, "failed", 1, "", "no"),
    ]
    assert flags() == [(VICTIM, True, True, ""), (OTHER, False, False, "no")]
    assert sorted(Total.objects.values_list("name", "labels", "value")) == [
        ("firewall_actions_total", 'action="ban",result="done"', 1),
        ("firewall_actions_total", 'action="ban",result="failed"', 1),
    ]


def test_rows_of_a_newer_call_keep_their_flags() -> None:
    """And nobody knows what the kernel has now: the confirmation is taken away."""
    written = write()
    TrashIP.objects.update(intent=None, applied_at=timezone.now())

    answers.store(written, ORDERS, REPLY, timezone.now())

    assert flags() == [(VICTIM, False, False, ""), (OTHER, False, False, "")]


def test_a_check_sets_the_flags_unless_a_later_call_has() -> None:
    """An answer that began before the confirmation is older than it."""
    started = timezone.now()
    TrashIP.objects.create(ip=VICTIM)
    TrashIP.objects.create(ip=OTHER, iptables_applied=True, applied_at=started + timedelta(seconds=1))
    reply = RunReply({VICTIM: FirewallAnswer(DONE, True), OTHER: FirewallAnswer(DONE, False)})

    answers.store_flags([Order("check", VICTIM), Order("check", OTHER)], reply, started)

    assert flags() == [(VICTIM, True, True, ""), (OTHER, True, True, "")]
    assert FirewallActionLog.objects.count() == 0
