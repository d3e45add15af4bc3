"""Both transports with the real helper, a real fail2ban and the real kernel, in a namespace."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import link_namespaces
from demo.lab.wait import wait_until
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("database")]
HELPER = Path(__file__).resolve().parents[3] / "scripts" / "ideolab-fw-ip"
JAIL = "".join(
    f"[{jail}]\nenabled = true\nbackend = polling\n" for jail in ("ideolab-manual", "ideolab-connmon")
)
VICTIM, OTHER = "198.51.100.7", "2001:db8:c::7"


@dataclass
class Host:
    """A namespace with fail2ban and its kernel sets."""

    server: Fail2ban
    sets: Sets

    def wait_until(self, is_so: Callable[[], object], what: str) -> None:
        """Return when it is so; the error shows the end of fail2ban's log."""
        wait_until(is_so, lambda: f"missing: {what}\n{self.server.tail()}", every_s=0.01)

    def elements(self) -> dict[str, Any]:
        """{network: seconds left} of both families."""
        found = [*self.sets.elements("ideolab_manual"), *self.sets.elements("ideolab_manual6")]
        return {str(each.network): each.timeout_s for each in found}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One fail2ban for the module."""
    with link_namespaces("f2bh") as (namespace, _client):
        server = Fail2ban(namespace, tmp_path_factory.mktemp("f2b"), JAIL)
        with namespace.enter():
            sets = Sets()
        try:
            server.start()
            host = Host(server, sets)
            server.wait_for_rules("ideolab-manual")
            yield host
        finally:
            server.stop()
            sets.close()


@pytest.fixture
def host(server: Host, settings: Any) -> Iterator[Host]:
    """The site beside it; nothing is banned before and after."""
    settings.TRASHIP_FIREWALL_EXECUTE = True
    settings.TRASHIP_FIREWALL_TIMEOUT_S = 20
    settings.TRASHIP_MANUAL_LOG = str(server.server.manual_log)
    # as sudo runs it for the web server
    program = ["/usr/bin/env", "SUDO_UID=33", str(HELPER), "--socket", str(server.server.socket)]
    settings.TRASHIP_FIREWALL_HELPER = server.server.namespace.command(*program)
    server.server.ask("unban", "--all")
    yield server
    server.server.ask("unban", "--all")


def test_the_helper_bans_checks_and_unbans(host: Host, settings: Any) -> None:
    """From the rows to the kernel and back; the kernel has the ban's time."""
    settings.TRASHIP_FIREWALL_TRANSPORT = "helper"

    assert calls.ban([VICTIM, OTHER], seconds=86400, actor="alice").counts() == {"done": 2}
    host.wait_until(lambda: len(host.elements()) == 2, "both elements")
    assert all(86300 <= seconds <= 86400 for seconds in host.elements().values())
    assert TrashIP.objects.filter(is_banned=True, iptables_applied=True).count() == 2

    checked = calls.check([VICTIM, OTHER], actor="alice")
    assert [result.applied for result in checked.results.values()] == [True, True]

    assert calls.unban([VICTIM, OTHER], actor="alice").counts() == {"done": 2}
    host.wait_until(lambda: host.elements() == {}, "no elements")
    assert TrashIP.objects.filter(iptables_applied=False, is_banned=False).count() == 2
    assert FirewallActionLog.objects.filter(state="done", rc=0).count() == 6


def test_a_line_of_the_log_becomes_a_ban(host: Host) -> None:
    """The default: no privilege; the kernel confirms by CHECK, and unban_expired lifts it."""
    calls.ban([VICTIM], seconds=600, actor="alice", reason='x" ban 198.51.100.9 ttl=1')
    host.wait_until(lambda: list(host.elements()) == [f"{VICTIM}/32"], "the element")
    assert not TrashIP.objects.get().iptables_applied

    calls.check([VICTIM], actor="alice")
    assert TrashIP.objects.get().iptables_applied

    TrashIP.objects.update(ban_until=timezone.now() - timedelta(seconds=1))
    call_command("unban_expired", verbosity=0)
    host.wait_until(lambda: host.elements() == {}, "no element")
    assert not TrashIP.objects.get().iptables_applied


def test_reconcile_brings_back_what_the_kernel_lost(host: Host) -> None:
    """And lifts what nobody wants: fail2ban knows of both."""
    TrashIP.objects.create(ip=VICTIM, is_banned=True)
    TrashIP.objects.create(ip=OTHER, iptables_applied=True)
    order = json.dumps({"bans": [[OTHER, "permanent"]], "by": "ideolab-fw-ip uid=33"})
    host.server.ask("set", "ideolab-manual", "action", "ideolab-ban", "by_hand", order)
    host.wait_until(lambda: len(host.elements()) == 1, "the element")

    call_command("reconcile_firewall", verbosity=0)

    host.wait_until(lambda: list(host.elements()) == [f"{VICTIM}/32"], "the exchange")


def test_a_ban_of_root_s_is_not_lifted_and_says_why(host: Host) -> None:
    """The answer is in the result, the audit and the row, which the admin shows."""
    TrashIP.objects.create(ip=VICTIM, is_banned=True, iptables_applied=True)
    host.server.ask("set", "ideolab-manual", "banip", VICTIM)
    host.wait_until(lambda: len(host.elements()) == 1, "the element")

    outcome = calls.unban([VICTIM], actor="alice")

    command = f"fail2ban-client set ideolab-manual unbanip {VICTIM}"
    why = f"banned by jail ideolab-manual: only root lifts that: {command}"
    row, audit = TrashIP.objects.get(), FirewallActionLog.objects.get()
    assert (outcome.results[VICTIM].state, outcome.results[VICTIM].detail) == ("held", why)
    assert (audit.state, audit.rc, audit.stderr) == ("done", 1, f"held: {why}")
    assert (row.iptables_applied, row.firewall_error) == (False, f"held: {why}")
    assert list(host.elements()) == [f"{VICTIM}/32"]
    call_command("reconcile_firewall", verbosity=0)
    assert FirewallActionLog.objects.count() == 1


@pytest.mark.redteam
def test_a_ban_of_another_jail_keeps_no_timer_failing(host: Host, settings: Any) -> None:
    """connmon holds two addresses for a day: one that was only checked, one that the site had banned too."""
    settings.TRASHIP_FIREWALL_TRANSPORT = "helper"
    TrashIP.objects.create(ip=OTHER)
    calls.ban([VICTIM], seconds=3600, actor="alice")
    host.server.ask("set", "ideolab-connmon", "banip", VICTIM, OTHER)
    checked = calls.check([VICTIM, OTHER], actor="alice").results
    assert [(one.state, one.applied) for one in checked.values()] == [("done", True), ("held", False)]

    TrashIP.objects.filter(ip=VICTIM).update(ban_until=timezone.now() - timedelta(seconds=1))
    for _turn in range(2):
        call_command("unban_expired", verbosity=0)
        call_command("reconcile_firewall", verbosity=0)

    rows = dict(TrashIP.objects.values_list("ip", "firewall_error"))
    assert rows[OTHER].startswith("held: banned by jail ideolab-connmon (ideolab_connmon6: ")
    assert rows[VICTIM].startswith("held: banned by jail ideolab-connmon: only root lifts that: ")
    assert rows[VICTIM].endswith("; lifted in ideolab-manual")
    assert TrashIP.objects.filter(iptables_applied=False, is_banned=False).count() == 2
    # the ban, two checks, the unban
    assert FirewallActionLog.objects.filter(state="done").count() == FirewallActionLog.objects.count() == 4
    assert sorted(host.server.find_banned("ideolab-connmon")) == [VICTIM, OTHER]


@pytest.mark.alone
@pytest.mark.bench
@pytest.mark.parametrize("transport", ["log", "helper"])
def test_500_addresses_are_in_the_kernel_within_4_s(host: Host, settings: Any, transport: str) -> None:
    """From the call to the last element."""
    settings.TRASHIP_FIREWALL_TRANSPORT = transport
    addresses = [f"2001:db8:c::{n:x}" for n in range(1, 501)]

    began = time.monotonic()
    calls.ban(addresses, seconds=600, actor="alice")
    returned = time.monotonic() - began
    host.wait_until(lambda: len(host.elements()) == 500, "all elements")
    spent = time.monotonic() - began

    print(f"\n{transport}: returned after {returned:.2f} s, in the kernel after {spent:.2f} s")
    assert spent < 4
