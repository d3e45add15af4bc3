"""manage.py unban_expired."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any, Optional

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ideolab_accesslog.firewall import calls, expiry
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from tests.accesslog.conftest import VENDORS, FakeKernel

pytestmark = pytest.mark.usefixtures("database")
OVER, LIVE, FOR_EVER = "198.51.100.1", "198.51.100.2", "198.51.100.3"


def ban(address: str, until: Optional[datetime]) -> None:
    TrashIP.objects.create(ip=address, is_banned=True, ban_until=until, iptables_applied=True)


@pytest.fixture
def three_bans() -> None:
    """One is over, one lives, one is permanent."""
    ban(OVER, timezone.now() - timedelta(seconds=1))
    ban(LIVE, timezone.now() + timedelta(hours=1))
    ban(FOR_EVER, None)


def run(*words: str) -> str:
    output = StringIO()
    call_command("unban_expired", *words, stdout=output, stderr=output)
    return output.getvalue()


def banned() -> list[str]:
    return sorted(TrashIP.objects.filter(is_banned=True).values_list("ip", flat=True))


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_what_is_over_is_lifted(kernel: FakeKernel, three_bans: None) -> None:
    """In the row and in the kernel, with an audit row in the command's name; the others stay."""
    for address in (OVER, LIVE, FOR_EVER):
        kernel.hold(address)

    assert run() == "1 expired bans lifted, 0 failed in the firewall\n"

    assert banned() == [LIVE, FOR_EVER]
    assert sorted(kernel.elements()) == [LIVE, FOR_EVER]
    row = TrashIP.objects.get(ip=OVER)
    assert (row.ban_until, row.iptables_applied) == (None, False)
    assert list(FirewallActionLog.objects.values_list("action", "ip", "actor_name", "state", "reason")) == [
        ("unban", OVER, "unban_expired", "done", "the ban's time is over")
    ]


def test_a_dry_run_changes_nothing(kernel: FakeKernel, three_bans: None) -> None:
    """It names the addresses."""
    assert run("--dry-run") == f"would unban {OVER}\n1 expired bans; nothing was changed\n"

    assert banned() == [OVER, LIVE, FOR_EVER]
    assert (kernel.calls(), FirewallActionLog.objects.count()) == (0, 0)


def test_the_second_run_finds_nothing(kernel: FakeKernel, three_bans: None) -> None:
    """Cron may come as often as it likes."""
    run()

    assert run() == "0 expired bans lifted, 0 failed in the firewall\n"
    assert kernel.calls() == 1


def test_a_ban_that_the_kernel_has_let_go_already_is_lifted(kernel: FakeKernel, three_bans: None) -> None:
    """Its time is in the kernel too: not-banned is success."""
    run()

    assert FirewallActionLog.objects.get().stdout.startswith('{"result": "not-banned"')
    assert not TrashIP.objects.get(ip=OVER).iptables_applied


def test_a_firewall_that_fails_is_an_exit_code(kernel: FakeKernel, three_bans: None) -> None:
    """The row is tidied all the same; its flag stays, so that reconcile_firewall sees it."""
    kernel.behave("silent")

    with pytest.raises(CommandError, match="reconcile_firewall"):
        run()

    row = TrashIP.objects.get(ip=OVER)
    assert (row.is_banned, row.iptables_applied) == (False, True)


def test_without_execution_the_rows_are_tidied(three_bans: None) -> None:
    """TRASHIP_FIREWALL_EXECUTE False: the site's own 403 ends too."""
    assert run() == "1 expired bans lifted, 0 failed in the firewall\n"
    assert banned() == [LIVE, FOR_EVER]


def test_a_ban_that_is_prolonged_in_between_stays(
    kernel: FakeKernel, three_bans: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The click came after the command had read the row."""
    real = expiry.find_ended_bans

    def slow(now: datetime) -> Any:
        for addresses in real(now):
            calls.ban(addresses, seconds=86400, actor="alice")
            yield addresses

    monkeypatch.setattr(expiry, "find_ended_bans", slow)

    assert run() == "0 expired bans lifted, 0 failed in the firewall\n"
    assert OVER in banned()
    assert kernel.elements() == {OVER: "86400"}


def test_many_go_in_batches_of_one_call_each(kernel: FakeKernel) -> None:
    """1,200 addresses are three calls."""
    past = timezone.now() - timedelta(days=1)
    rows = [
        TrashIP(ip=f"2001:db8::{n:x}", is_banned=True, ban_until=past, iptables_applied=True)
        for n in range(1, 1201)
    ]
    TrashIP.objects.bulk_create(rows)

    assert run() == "1200 expired bans lifted, 0 failed in the firewall\n"
    assert kernel.calls() == 3
    assert banned() == []
