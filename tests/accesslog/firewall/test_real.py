"""Both transports with the real helper, a real fail2ban and the real kernel, in a namespace."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import link_namespaces
from demo.lab.wait import wait_until
from ideolab_accesslog.firewall import calls, previews
from ideolab_accesslog.firewall.previews import HelperPreview
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.accesslog.conftest import VENDORS
from tests.asn import tables

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("database")]
HELPER = Path(__file__).resolve().parents[3] / "scripts" / "ideolab-fw-ip"
JAIL = "".join(
    f"[{jail}]\nenabled = true\nbackend = polling\n" for jail in ("ideolab-manual", "ideolab-connmon")
)
AS_JAIL = "[ideolab-asn]\nenabled = true\nlogpath = {directory}/connmon.log\n"
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
        names = ("ideolab_manual", "ideolab_manual6", "ideolab_asn", "ideolab_asn6")
        found = [each for name in names for each in self.sets.elements(name)]
        return {str(each.network): each.timeout_s for each in found}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One fail2ban for the module."""
    with link_namespaces("f2bh") as (namespace, _client):
        directory = tmp_path_factory.mktemp("f2b")
        server = Fail2ban(namespace, directory, JAIL + AS_JAIL.format(directory=directory))
        with namespace.enter():
            sets = Sets()
        try:
            server.start()
            host = Host(server, sets)
            server.wait_for_rules("ideolab-manual", "ideolab-asn")
            server.state.mkdir(exist_ok=True)
            rows = [(64500, "ONE", ["198.51.100.0/24", "2001:db8:a::/48"]), (64501, "BIG", ["10.0.0.0/9"])]
            tables.build(server.state / "asn.sqlite3", rows)
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


NETWORK, SIX, SYSTEM = "203.0.113.0/24", "2001:db8:c::/64", "AS64500"


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_networks_and_an_as_reach_the_kernel_and_leave_it(host: Host, settings: Any) -> None:
    """A /24, a /64 and all networks of an AS; each unban lifts its own, and the audit has all of it."""
    settings.TRASHIP_FIREWALL_TRANSPORT = "helper"
    known: dict[str, Any] = {SYSTEM: [ip_network("198.51.100.0/24"), ip_network("2001:db8:a::/48")]}

    made = calls.ban([NETWORK, SIX, SYSTEM], seconds=3600, actor="alice", as_networks=known)
    assert made.counts() == {"done": 3}
    everything = [NETWORK, SIX, "198.51.100.0/24", "2001:db8:a::/48"]
    host.wait_until(lambda: sorted(host.elements()) == sorted(everything), "all elements")
    assert all(3500 <= seconds <= 3600 for seconds in host.elements().values())
    checked = calls.check([NETWORK, SIX, SYSTEM], actor="alice")
    assert [one.applied for one in checked.results.values()] == [True] * 3

    assert calls.unban([NETWORK], actor="alice").counts() == {"done": 1}
    host.wait_until(lambda: sorted(host.elements()) == sorted(everything[1:]), "the others")
    TrashIP.objects.update(ban_until=timezone.now() - timedelta(seconds=1))
    call_command("unban_expired", verbosity=0)
    host.wait_until(lambda: host.elements() == {}, "no elements")
    assert TrashIP.objects.filter(iptables_applied=False, is_banned=False).count() == 3
    rows = FirewallActionLog.objects.filter(state="done", rc=0).values_list("ip", "action")
    assert sorted(rows) == sorted(
        (text, action) for text in (NETWORK, SIX, SYSTEM) for action in ("ban", "check", "unban")
    )
    assert FirewallActionLog.objects.count() == 9


def test_an_as_that_the_kernel_lost_is_banned_again(
    host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fail2ban forgot it; its networks are asked for by a preview, which here is that of the table."""
    settings.TRASHIP_FIREWALL_TRANSPORT = "helper"
    told = HelperPreview(is_known=True, networks=(ip_network("198.51.100.0/24"),))
    monkeypatch.setattr(previews, "ask", lambda words: dict.fromkeys(words, told))
    TrashIP.objects.create(ip=SYSTEM, is_banned=True)
    TrashIP.objects.create(ip=NETWORK, is_banned=True, ban_until=timezone.now() + timedelta(hours=1))

    call_command("reconcile_firewall", verbosity=0)

    host.wait_until(lambda: len(host.elements()) == 3, "all elements")
    assert TrashIP.objects.filter(iptables_applied=True).count() == 2


def test_the_preview_of_the_real_programs(host: Host, settings: Any, tmp_path: Path) -> None:
    """Size, networks, refusals and connections as fail2ban and the kernel have them; nothing is banned."""
    program = tmp_path / "ideolab-f2b"
    words = f"PYTHONPATH={HELPER.parents[1]} exec {sys.executable} -m ideolab_f2b"
    program.write_text(f'#!/bin/sh\n{words} "$@"\n')
    helper = tmp_path / "ideolab-fw-ip"
    helper.write_text(HELPER.read_text().replace("/usr/local/bin/ideolab-f2b", str(program)))
    for path in (program, helper):
        path.chmod(0o755)
    command = ["/usr/bin/env", "SUDO_UID=33", str(helper), "--socket", str(host.server.socket)]
    settings.TRASHIP_FIREWALL_HELPER = host.server.namespace.command(*command)

    found = previews.ask([SYSTEM, "AS64501", NETWORK, "10.0.0.0/8"])

    one = found[SYSTEM]
    assert (one.is_known, one.refusals, one.prefixes) == (True, (), 2)
    assert (one.addresses4, one.networks6) == (256, 65536)
    assert one.networks == (ip_network("198.51.100.0/24"), ip_network("2001:db8:a::/48"))
    assert (one.connections, found[NETWORK].networks) == (0, (ip_network(NETWORK),))
    assert ["above the cap" in text for text in found["AS64501"].refusals] == [True]
    assert len(found["10.0.0.0/8"].refusals) == 1
    assert host.elements() == {}


def test_what_the_helper_refuses_is_said(host: Host, settings: Any) -> None:
    """An AS above the cap, and a network wider than sudo allows: neither is in the kernel."""
    settings.TRASHIP_FIREWALL_TRANSPORT = "helper"
    asked = ["AS64501", "203.0.0.0/16", "2001:db8::/40"]

    said = calls.ban(asked, actor="alice", as_networks={"AS64501": [ip_network("10.0.0.0/9")]}).results

    assert {one.state for one in said.values()} == {"failed"}
    assert "above the cap" in said["AS64501"].detail
    assert all("wider than /" in said[text].detail for text in asked[1:])
    assert host.elements() == {}


def test_a_line_of_the_log_bans_a_network(host: Host) -> None:
    """And the helper finds it in the kernel."""
    calls.ban([NETWORK, SIX], seconds=600, actor="alice")
    host.wait_until(lambda: sorted(host.elements()) == sorted([NETWORK, SIX]), "both")
    assert [one.applied for one in calls.check([NETWORK, SIX], actor="alice").results.values()] == [True] * 2
    assert calls.unban([NETWORK, SIX], actor="alice").counts() == {"done": 2}
    host.wait_until(lambda: host.elements() == {}, "no elements")


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
