"""manage.py reconcile_firewall."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ideolab_accesslog.firewall import calls, reconcile
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from tests.accesslog.conftest import VENDORS, FakeKernel

pytestmark = pytest.mark.usefixtures("database")
SAME, MISSING, EXTRA = "198.51.100.1", "198.51.100.2", "198.51.100.3"


def run(*words: str) -> str:
    output = StringIO()
    call_command("reconcile_firewall", *words, stdout=output, stderr=output)
    return output.getvalue()


@pytest.fixture
def drift(kernel: FakeKernel) -> FakeKernel:
    """One address as it should be, one that the kernel has lost, one that it still holds."""
    for address, is_banned in ((SAME, True), (MISSING, True), (EXTRA, False)):
        TrashIP.objects.create(ip=address, is_banned=is_banned, iptables_applied=True)
    kernel.hold(SAME)
    kernel.hold(EXTRA)
    return kernel


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_what_differs_is_repaired(drift: FakeKernel) -> None:
    """The missing one is banned again, the extra one lifted, and both are in the audit."""
    assert run() == (
        f"missing {MISSING} until for ever\nextra {EXTRA}\n"
        "3 compared: 1 missing, 1 extra, 0 unknown; 0 lost calls closed\n"
    )

    assert sorted(drift.elements()) == [SAME, MISSING]
    assert sorted(FirewallActionLog.objects.values_list("action", "ip", "actor_name", "state")) == [
        ("ban", MISSING, "reconcile_firewall", "done"),
        ("unban", EXTRA, "reconcile_firewall", "done"),
    ]
    assert dict(TrashIP.objects.values_list("ip", "iptables_applied")) == {
        SAME: True,
        MISSING: True,
        EXTRA: False,
    }
    assert run() == "2 compared: 0 missing, 0 extra, 0 unknown; 0 lost calls closed\n"


def test_a_dry_run_corrects_the_flags_only(drift: FakeKernel) -> None:
    """They say what the kernel said; no ban is changed."""
    assert run("--dry-run").endswith("3 compared: 1 missing, 1 extra, 0 unknown; 0 lost calls closed\n")

    assert sorted(drift.elements()) == [SAME, EXTRA]
    assert not TrashIP.objects.get(ip=MISSING).iptables_applied
    assert FirewallActionLog.objects.count() == 0


def test_a_ban_comes_back_with_the_time_that_is_left(kernel: FakeKernel) -> None:
    """Not with a new one."""
    until = timezone.now() + timedelta(seconds=1000)
    TrashIP.objects.create(ip=MISSING, is_banned=True, ban_until=until)

    run()

    assert 900 <= int(kernel.elements()[MISSING]) <= 1001
    assert abs(TrashIP.objects.get().ban_until - until) < timedelta(seconds=1)


def test_a_ban_whose_time_is_over_is_not_brought_back(kernel: FakeKernel) -> None:
    """It is unban_expired's."""
    TrashIP.objects.create(ip=MISSING, is_banned=True, ban_until=timezone.now() - timedelta(seconds=1))

    assert run().startswith("0 compared")
    assert kernel.elements() == {}


def test_a_ban_of_another_jail_is_not_extra(kernel: FakeKernel) -> None:
    """A check by hand notes who holds the address; nothing is tried again and again."""
    TrashIP.objects.create(ip=EXTRA)
    kernel.behave("held")
    assert calls.check([EXTRA], actor="alice").counts() == {"held": 1}
    row = TrashIP.objects.get()
    assert (row.iptables_applied, row.firewall_error) == (False, "held: banned by jail ideolab-traship")

    assert run() == "0 compared: 0 missing, 0 extra, 0 unknown; 0 lost calls closed\n"
    audit = FirewallActionLog.objects.get()
    assert (audit.state, audit.stderr) == ("done", "held: banned by jail ideolab-traship")


def test_an_extra_ban_that_root_has_taken_over_is_tried_once(kernel: FakeKernel) -> None:
    """The kernel's answer looks like an own ban; the unban tells that it is held."""
    TrashIP.objects.create(ip=EXTRA, iptables_applied=True)
    kernel.hold(EXTRA)
    kernel.behave("held")

    assert run() == f"extra {EXTRA}\n1 compared: 0 missing, 1 extra, 0 unknown; 0 lost calls closed\n"
    assert run() == "0 compared: 0 missing, 0 extra, 0 unknown; 0 lost calls closed\n"
    assert FirewallActionLog.objects.count() == 1


def test_an_unban_that_failed_is_done_again(kernel: FakeKernel) -> None:
    """Also of an address that the kernel had never confirmed: the row remembers the failure."""
    TrashIP.objects.create(ip=EXTRA)
    kernel.hold(EXTRA)
    kernel.behave("silent")
    calls.unban([EXTRA], actor="alice")
    (kernel.directory / "silent").unlink()

    assert run().startswith(f"extra {EXTRA}\n1 compared")
    assert kernel.elements() == {}


def test_a_call_whose_process_died_is_closed_and_done_again(kernel: FakeKernel) -> None:
    """kill -9 between the commit and the call: the intent was noted, so it is carried out."""
    then = timezone.now() - timedelta(seconds=reconcile.PENDING_S + 1)
    TrashIP.objects.create(ip=MISSING, is_banned=True)
    FirewallActionLog.objects.create(
        ts=then, batch=uuid.uuid4(), actor_name="alice", action="ban", ip=MISSING
    )

    assert run().endswith("1 missing, 0 extra, 0 unknown; 1 lost calls closed\n")

    assert kernel.elements() == {MISSING: "permanent"}
    assert FirewallActionLog.objects.get(actor_name="alice").state == "failed"


def test_a_ban_that_was_clicked_in_between_is_not_lifted(drift: FakeKernel) -> None:
    """The row says what is wanted now, not when it was compared."""
    found = reconcile.compare()
    calls.ban([EXTRA], seconds=86400, actor="alice")

    assert [outcome.counts() for outcome in reconcile.repair(found)] == [{"done": 1}, {"changed": 1}]
    assert EXTRA in drift.elements()


def test_a_helper_without_answers_is_an_exit_code(drift: FakeKernel) -> None:
    """Nothing is repaired on a guess."""
    drift.behave("silent")

    with pytest.raises(CommandError, match="3 addresses could not be compared"):
        run()

    assert sorted(drift.elements()) == [SAME, EXTRA]


def test_without_a_helper_nobody_can_compare(manual_log: Path) -> None:
    """The log transport cannot be asked."""
    with pytest.raises(CommandError, match=r"cannot compare: manual.log cannot be asked"):
        run()


def test_without_execution_there_is_nothing_to_compare() -> None:
    """The site does not touch the firewall."""
    with pytest.raises(CommandError, match="TRASHIP_FIREWALL_EXECUTE is False"):
        run()
