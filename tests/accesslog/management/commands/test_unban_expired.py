"""manage.py unban_expired: what it prints, and its exit code."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ideolab_accesslog.models import TrashIP
from tests.accesslog.conftest import FakeKernel

pytestmark = pytest.mark.usefixtures("database")
ADDRESS = "198.51.100.1"


@pytest.fixture(autouse=True)
def expired_ban(database: str) -> None:
    """A ban that ended a second ago."""
    then = timezone.now() - timedelta(seconds=1)
    TrashIP.objects.create(ip=ADDRESS, is_banned=True, ban_until=then, iptables_applied=True)


def run(*words: str) -> str:
    output = StringIO()
    call_command("unban_expired", *words, stdout=output, stderr=output)
    return output.getvalue()


def test_a_dry_run_shows_the_addresses(kernel: FakeKernel) -> None:
    """And says that nothing was changed."""
    assert run("--dry-run") == f"would unban {ADDRESS}\n1 expired bans; nothing was changed\n"
    assert TrashIP.objects.get().is_banned


def test_the_number_of_lifted_bans_is_printed(kernel: FakeKernel) -> None:
    """Once in a run, for cron's mail."""
    assert run() == "1 expired bans lifted, 0 failed in the firewall\n"


def test_an_address_that_another_jail_holds_is_done(kernel: FakeKernel) -> None:
    """What this site had banned is over; the row says who drops the address."""
    kernel.behave("held")
    assert run() == "1 expired bans lifted, 0 failed in the firewall\n"

    row = TrashIP.objects.get()
    assert (row.is_banned, row.iptables_applied) == (False, False)
    assert row.firewall_error == "held: banned by jail ideolab-traship"
    assert run() == "0 expired bans lifted, 0 failed in the firewall\n"


def test_a_failure_is_named_and_is_an_exit_code(kernel: FakeKernel) -> None:
    """Each address with the firewall's own words."""
    kernel.behave("silent")
    output = StringIO()
    with pytest.raises(CommandError, match="the firewall did not lift all; reconcile_firewall tries again"):
        call_command("unban_expired", stdout=output, stderr=output)

    lines = output.getvalue().splitlines()
    assert lines[0].startswith(f"{ADDRESS}: ")
    assert lines[1] == "0 expired bans lifted, 1 failed in the firewall"
