"""The ban action in a real fail2ban-server: tickets, elements, dropped packets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from demo.lab.fail2ban import Fail2ban, RefusedError
from demo.lab.namespace import Namespace
from ideolab_f2b import __version__
from ideolab_f2b.kernel.ipset.element import Element
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.actions.conftest import Probe
from tests.lab.lines import by_hand, suspect, write_lines

pytestmark = pytest.mark.root

JAILS = """\
[ideolab-connmon]
enabled = true
ignoreip = 203.0.113.9
[ideolab-connmon-net]
enabled = true
ignoreip = 203.0.113.9
[ideolab-manual]
enabled = true
# newer releases find all own addresses by themselves
ignoreself = false
[short]
enabled = true
filter = ideolab-connmon[scope=ip]
logpath = {directory}/short.log
bantime = 3
action = ideolab-ban.py[set=short, latency=low]
[again]
enabled = true
filter = ideolab-connmon[scope=ip]
logpath = {directory}/again.log
bantime = 3
bantime.increment = true
bantime.multipliers = 1 3
action = ideolab-ban.py[set=again, latency=low]
"""


@pytest.fixture(scope="module")
def server(
    network: tuple[Namespace, Namespace], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fail2ban]:
    directory = tmp_path_factory.mktemp("fail2ban")
    for name in ("short.log", "again.log"):
        (directory / name).touch()
    running = Fail2ban(network[0], directory, JAILS.format(directory=directory)).start()
    jails = re.findall(r"^\[(.+)\]$", JAILS, re.MULTILINE)
    running.wait_for_rules(*jails)
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text()


def element(kernel: Sets, name: str, network: str) -> Element | None:
    wanted = ip_network(network)
    return next((found for found in kernel.elements(name) if found.network == wanted), None)


def in_set(kernel: Sets, name: str, network: str) -> bool:
    return element(kernel, name, network) is not None


def timeout(kernel: Sets, name: str, network: str) -> int | None:
    found = element(kernel, name, network)
    assert found is not None, f"{network} is not in {name}"
    return found.timeout_s


def test_ban_drops_and_unban_lets_in(server: Fail2ban, kernel: Sets, probe: Probe) -> None:
    """A suspect line bans the address for the jail's time; its packets no longer arrive until the unban."""
    assert probe.reaches("198.51.100.1")

    write_lines(server.connmon_log, suspect("198.51.100.1"))
    server.wait_until(lambda: in_set(kernel, "ideolab_connmon", "198.51.100.1"), "the element")

    assert not probe.reaches("198.51.100.1")
    assert probe.reaches("198.51.100.2")
    assert 3590 <= (timeout(kernel, "ideolab_connmon", "198.51.100.1") or 0) <= 3600
    assert "198.51.100.1" in server.find_banned("ideolab-connmon")
    server.ask("set", "ideolab-connmon", "unbanip", "198.51.100.1")
    assert probe.reaches("198.51.100.1")
    assert not in_set(kernel, "ideolab_connmon", "198.51.100.1")


def test_ban_ipv6(server: Fail2ban, kernel: Sets, probe: Probe) -> None:
    """An IPv6 address goes to the jail's inet6 set, and ip6tables drops it."""
    assert probe.reaches("2001:db8:c::1")

    write_lines(server.connmon_log, suspect("2001:db8:c::1"))
    server.wait_until(lambda: in_set(kernel, "ideolab_connmon6", "2001:db8:c::1"), "the element")

    assert not probe.reaches("2001:db8:c::1")


@pytest.mark.parametrize(
    ("prefix", "name", "inside", "outside"),
    [
        ("203.0.113.128/25", "ideolab_connnet", "203.0.113.200", "203.0.113.100"),
        ("2001:db8:c:1::/64", "ideolab_connnet6", "2001:db8:c:1::9", "2001:db8:c:2::9"),
    ],
)
def test_ban_of_a_network(
    server: Fail2ban, kernel: Sets, probe: Probe, prefix: str, name: str, inside: str, outside: str
) -> None:
    """Two lines about a network ban all of it and nothing beside it."""
    write_lines(server.connmon_log, suspect(prefix), suspect(prefix))
    server.wait_until(lambda: in_set(kernel, name, prefix), "the element")

    assert not probe.reaches(inside)
    assert probe.reaches(outside)
    server.ask("set", "ideolab-connmon-net", "unbanip", prefix)
    assert probe.reaches(inside)


def test_ban_ends_by_itself(server: Fail2ban, kernel: Sets, probe: Probe) -> None:
    """The kernel lets the address in again when its time is over, and fail2ban forgets it."""
    write_lines(server.directory / "short.log", suspect("198.51.100.3"))
    server.wait_until(lambda: in_set(kernel, "short", "198.51.100.3"), "the element")

    server.wait_until(lambda: not in_set(kernel, "short", "198.51.100.3"), "the end in the kernel")
    assert probe.reaches("198.51.100.3")
    server.wait_until(lambda: "198.51.100.3" not in server.find_banned("short"), "the end in fail2ban")


def test_longer_ban_of_a_returning_address(server: Fail2ban, kernel: Sets) -> None:
    """bantime.increment makes the second ban longer: the element has the longer time too."""
    log = server.directory / "again.log"
    write_lines(log, suspect("198.51.100.4"))
    server.wait_until(lambda: in_set(kernel, "again", "198.51.100.4"), "the first ban")
    server.wait_until(lambda: "198.51.100.4" not in server.find_banned("again"), "the end of the first ban")
    write_lines(log, suspect("198.51.100.4"))

    server.wait_until(
        lambda: (
            in_set(kernel, "again", "198.51.100.4") and (timeout(kernel, "again", "198.51.100.4") or 0) > 3
        ),
        "the longer timeout",
    )
    server.wait_until(lambda: server.read_stats("again")["prolonged"] >= 1, "a prolonged ban in the counts")


def test_line_brings_its_own_time(server: Fail2ban, kernel: Sets) -> None:
    """ideolab-manual bans for the ttl of each line; -1 and permanent stay for ever."""
    write_lines(
        server.manual_log,
        by_hand("198.51.100.5", "86400"),
        by_hand("198.51.100.6", "-1"),
        by_hand("2001:db8:c:7::/64", "permanent"),
        by_hand("198.51.100.8", "100", ago_s=40),
        by_hand("198.51.100.9", "31536000"),
    )
    server.wait_until(
        lambda: in_set(kernel, "ideolab_manual", "198.51.100.9"), "the element of the last line"
    )

    assert 86390 <= (timeout(kernel, "ideolab_manual", "198.51.100.5") or 0) <= 86400
    assert timeout(kernel, "ideolab_manual", "198.51.100.6") is None
    assert timeout(kernel, "ideolab_manual6", "2001:db8:c:7::/64") is None
    # the time runs from the line's own date on
    assert 50 <= (timeout(kernel, "ideolab_manual", "198.51.100.8") or 0) <= 60
    # longer than the kernel counts: it stays until fail2ban's unban
    assert timeout(kernel, "ideolab_manual", "198.51.100.9") is None
    told = {
        each.split()[0]: each.split("+")[1].split("=")[0].strip()
        for each in server.ask("get", "ideolab-manual", "banip", "--with-time")
    }
    assert told["198.51.100.5"] == "86400"
    assert told["198.51.100.9"] == "31536000"


@pytest.mark.parametrize(
    ("address", "ttl", "seconds"),
    [("198.51.100.20", "soon", 86400), ("198.51.100.21", "-7", 86400), ("198.51.100.22", "0", 86400)],
)
def test_time_that_is_none(server: Fail2ban, kernel: Sets, address: str, ttl: str, seconds: int) -> None:
    """A ttl that cannot be read is a ban of one day and a warning, never a ban for ever or no ban."""
    write_lines(server.manual_log, by_hand(address, ttl))
    server.wait_until(lambda: in_set(kernel, "ideolab_manual", address), "the element")

    assert seconds - 10 <= (timeout(kernel, "ideolab_manual", address) or 0) <= seconds
    server.wait_for_log(rf"WARNING.*{address}: ttl='{ttl}' is no time")


def test_second_line_makes_the_ban_longer(server: Fail2ban, kernel: Sets) -> None:
    """24 hours first, 7 days later: fail2ban's list, the kernel and the database all hold the 7 days."""
    write_lines(server.manual_log, by_hand("198.51.100.23", "600"))
    server.wait_until(lambda: in_set(kernel, "ideolab_manual", "198.51.100.23"), "the first ban")

    write_lines(server.manual_log, by_hand("198.51.100.23", "604800"))

    server.wait_until(
        lambda: (timeout(kernel, "ideolab_manual", "198.51.100.23") or 0) > 604000, "the 7 days"
    )


def test_line_of_connmon_brings_its_own_time(server: Fail2ban, kernel: Sets) -> None:
    """Silent connections are worth ten minutes; the next line without a time is worth the jail's hour."""
    write_lines(server.connmon_log, suspect("198.51.100.24", ttl=600), suspect("198.51.100.25"))
    server.wait_until(lambda: in_set(kernel, "ideolab_connmon", "198.51.100.25"), "both elements")

    assert 580 <= (timeout(kernel, "ideolab_connmon", "198.51.100.24") or 0) <= 600
    assert 3580 <= (timeout(kernel, "ideolab_connmon", "198.51.100.25") or 0) <= 3600
    told = server.ask("get", "ideolab-connmon", "banip", "--with-time")
    assert [line.split("+")[1].split("=")[0].strip() for line in told if "100.24" in line] == ["600"]

    write_lines(server.connmon_log, suspect("198.51.100.24"))

    server.wait_until(
        lambda: (timeout(kernel, "ideolab_connmon", "198.51.100.24") or 0) > 3500, "the jail's hour"
    )


def test_ban_of_a_short_time_ends_by_itself(server: Fail2ban, kernel: Sets, probe: Probe) -> None:
    """In the kernel and in fail2ban's list, though the jail's bans are long."""
    write_lines(server.connmon_log, suspect("198.51.100.26", ttl=4))
    server.wait_until(lambda: in_set(kernel, "ideolab_connmon", "198.51.100.26"), "the element")

    server.wait_until(lambda: not in_set(kernel, "ideolab_connmon", "198.51.100.26"), "the end in the kernel")
    assert probe.reaches("198.51.100.26")
    server.wait_until(lambda: "198.51.100.26" not in server.find_banned("ideolab-connmon"), "in fail2ban")


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ("192.0.2.1", "192.0.2.1 is an own address of this host"),
        ("192.0.2.0/24", "192.0.2.0/24 holds 192.0.2.1, an own address of this host"),
        ("192.0.2.254", "192.0.2.254 is a gateway of this host"),
        ("2001:db8::/32", "2001:db8::/32 holds"),
        ("198.0.0.0/8", "198.0.0.0/8 is wider than /16"),
        ("2001::/16", "2001::/16 is wider than /32"),
        ("127.0.0.9", "127.0.0.9 lies in 127.0.0.0/8, loopback"),
        ("fe80::1", "fe80::1 lies in fe80::/10, link-local"),
    ],
)
def test_refused_line(server: Fail2ban, refused: str, why: str) -> None:
    """What would hurt this host is refused before fail2ban calls it banned: a warning, no Ban, no element."""
    write_lines(server.manual_log, by_hand(refused, "600"))

    server.wait_for_log(f"WARNING.*\\[ideolab-manual\\] Refused: {why}")
    assert refused not in server.find_banned("ideolab-manual")
    assert f"Ban {refused}\n" not in server.log.read_text()


def test_refused_network_that_holds_an_ignored_address(server: Fail2ban, kernel: Sets, probe: Probe) -> None:
    """fail2ban compares only the network's own address with ignoreip; the action looks inside."""
    write_lines(server.connmon_log, suspect("203.0.113.0/26"), suspect("203.0.113.0/26"))

    server.wait_for_log("Refused: 203.0.113.0/26 holds 203.0.113.9, listed in ignoreip")
    assert probe.reaches("203.0.113.9")
    assert server.read_stats("ideolab-connmon-net")["refused"] >= 1


def test_banip(server: Fail2ban, kernel: Sets, probe: Probe) -> None:
    """banip bans for the jail's time, networks too, and tells the administrator what it refuses."""
    assert server.ask("set", "ideolab-manual", "banip", "198.51.100.24", "203.0.113.64/28") == 2

    assert not probe.reaches("198.51.100.24")
    assert not probe.reaches("203.0.113.70")
    assert timeout(kernel, "ideolab_manual", "203.0.113.64/28") is None
    for what, why in (
        ("192.0.2.1", "192.0.2.1 is an own address of this host"),
        ("600", "'600' is no address and no network"),
        ("example.org", "'example.org' is no address and no network"),
    ):
        with pytest.raises(RefusedError, match=f"Refused: {why}"):
            server.ask("set", "ideolab-manual", "banip", what)
        assert what not in server.find_banned("ideolab-manual")


def test_banip_of_several_bans_what_it_may(server: Fail2ban, kernel: Sets) -> None:
    """One refused address among others does not keep the others from being banned."""
    with pytest.raises(RefusedError, match=r"Refused: 127\.0\.0\.1 lies in"):
        server.ask("set", "ideolab-manual", "banip", "198.51.100.25", "127.0.0.1")

    assert in_set(kernel, "ideolab_manual", "198.51.100.25")


def test_unban_of_another_jail_lifts_nothing(server: Fail2ban, kernel: Sets, probe: Probe) -> None:
    """An address in two jails stays banned until both let it go."""
    server.ask("set", "ideolab-manual", "banip", "198.51.100.26")
    server.ask("set", "ideolab-connmon", "banip", "198.51.100.26")

    server.ask("set", "ideolab-connmon", "unbanip", "198.51.100.26")

    assert not probe.reaches("198.51.100.26")
    server.ask("set", "ideolab-manual", "unbanip", "198.51.100.26")
    assert probe.reaches("198.51.100.26")


def test_rules_stand_first(server: Fail2ban, network: tuple[Namespace, Namespace]) -> None:
    """One rule per family, before all others, however many jails there are."""
    for program in ("iptables", "ip6tables"):
        rules = network[0].run(program, "-t", "raw", "-S", "PREROUTING").splitlines()

        assert rules[1:] == ["-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"]


def test_no_process_per_ban(server: Fail2ban, kernel: Sets) -> None:
    """Bans and unbans start no process; the start of the action did (iptables)."""
    addresses = [f"203.0.113.{host}" for host in range(80, 120)]
    started: list[int] = []
    # a pass of the reconcile thread, which asks iptables, may fall into one attempt
    while 0 not in started and len(started) < 5:
        before = children(server.read_pid())
        assert before > 0
        server.ask("set", "ideolab-connmon", "banip", *addresses)
        server.ask("set", "ideolab-connmon", "unbanip", *addresses)
        started.append(children(server.read_pid()) - before)

    assert 0 in started


def children(pid: int) -> int:
    """Page faults and CPU ticks of ended children: more with each process that was started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[8]) + int(fields[10]) + int(fields[13]) + int(fields[14])


def test_stats_are_json_that_check_can_read(server: Fail2ban) -> None:
    """`get JAIL action ideolab-ban stats` tells what was done and in what state the rules are."""
    told = json.loads(server.ask("get", "ideolab-connmon", "action", "ideolab-ban", "stats"))

    assert told["set"] == "ideolab_connmon"
    assert told["maxelem"] == 131072
    assert told["rules"] == {"inet": "in place", "inet6": "in place"}
    assert told["full"] == 0
    assert told["version"] == __version__
    assert set(told) == {
        "bans", "restored", "prolonged", "unbans", "refused", "full", "errors", "last_error",
        "set", "maxelem", "repaired", "rules", "hook", "backend", "lifted", "closer", "keeper", "version",
        "aggregate", "aggregated",
    }  # fmt: skip
