"""Stops, restarts and reloads of a real fail2ban-server: what is banned stays out."""

from __future__ import annotations

import sqlite3
from ipaddress import ip_network
from typing import Callable

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.actions.conftest import Probe
from tests.lab.lines import by_hand, suspect, write_lines

pytestmark = pytest.mark.root
Start = Callable[..., Fail2ban]
Network = tuple[Namespace, Namespace]

MANUAL = "[ideolab-manual]\nenabled = true\n"
CONNMON = "[ideolab-connmon]\nenabled = true\n"


def elements(kernel: Sets, name: str) -> dict[str, int | None]:
    """{network: its time}; nothing while the jail, which starts in a thread, has not made the set."""
    held = kernel.elements(name) if name in kernel.names() else ()
    return {str(found.network).replace("/32", ""): found.timeout_s for found in held}


def bans(server: Fail2ban) -> int:
    """How many bans of ideolab-connmon are carried out; fail2ban's list is a moment ahead of it."""
    return int(server.read_stats("ideolab-connmon")["bans"])


def written(server: Fail2ban, *addresses: str) -> bool:
    """Whether the observer has put the bans into the database."""
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT ip FROM bips").fetchall()
    database.close()
    return set(addresses) <= {row[0] for row in rows}


def stored_time(server: Fail2ban, address: str) -> int:
    """The seconds of a ban in the database."""
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT bantime FROM bips WHERE ip = ?", [address]).fetchall()
    database.close()
    return int(rows[0][0])


def test_restart_leaves_no_gap(network: Network, kernel: Sets, probe: Probe, start: Start) -> None:
    """While fail2ban restarts not one packet of a banned address arrives, and its time goes on."""
    server = start(network[0], MANUAL)
    write_lines(server.manual_log, by_hand("198.51.100.1", "1000"), by_hand("203.0.113.0/24", "permanent"))
    server.wait_until(lambda: len(elements(kernel, "ideolab_manual")) == 2, "both elements")
    server.wait_until(lambda: written(server, "198.51.100.1", "203.0.113.0/24"), "both rows")

    # a server that stops within seconds of a line may read that line again
    server.manual_log.write_text("")
    with probe.streaming("198.51.100.1") as arrived:
        server.restart()
        server.wait_until(
            lambda: server.read_stats("ideolab-manual")["restored"] == 2,
            "the restored bans",
        )  # fmt: skip

    assert arrived == []
    found = elements(kernel, "ideolab_manual")
    assert found.keys() == {"198.51.100.1", "203.0.113.0/24"}
    assert found["203.0.113.0/24"] is None
    assert 980 <= (found["198.51.100.1"] or 0) <= 1000
    assert server.read_stats("ideolab-manual")["bans"] == 0


def test_the_gap_test_sees_packets(network: Network, probe: Probe) -> None:
    """The stream of the test above does arrive when nothing is banned."""
    with probe.streaming("198.51.100.2") as arrived:
        wait_until(lambda: len(arrived) > 10, "no packets arrive")

    assert len(arrived) > 10


def test_restored_bans_fill_an_empty_kernel(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """After a reboot the kernel holds nothing: the restored bans get the time that is left to them."""
    server = start(lone, MANUAL)
    write_lines(server.manual_log, by_hand("198.51.100.3", "900", ago_s=100), by_hand("198.51.100.4", "-1"))
    server.wait_until(lambda: written(server, "198.51.100.3", "198.51.100.4"), "both rows")
    server.stop()
    for words in (
        "iptables -t raw -F", "ip6tables -t raw -F",
        "ipset flush ideolab_manual", "ipset destroy ideolab_ban",
        "ipset destroy ideolab_manual", "ipset destroy ideolab_manual6",
    ):  # fmt: skip
        lone.run(*words.split())

    server.restart()
    server.wait_for_rules("ideolab-manual")
    server.wait_until(lambda: len(elements(lone_kernel, "ideolab_manual")) == 2, "both elements")

    found = elements(lone_kernel, "ideolab_manual")
    assert found["198.51.100.4"] is None
    assert 770 <= (found["198.51.100.3"] or 0) <= 800
    assert lone.run("iptables", "-t", "raw", "-S", "PREROUTING").splitlines()[1:] == [
        "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"
    ]


def test_a_ban_of_connmon_keeps_its_own_time(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """Also the jail's time that a later line gave it."""
    server = start(lone, CONNMON)
    write_lines(server.connmon_log, *(suspect(f"198.51.100.{last}", 9, ttl=600) for last in (7, 8)))
    server.wait_until(lambda: written(server, "198.51.100.7", "198.51.100.8"), "both rows")
    write_lines(server.connmon_log, suspect("198.51.100.8"))
    server.wait_until(
        lambda: (elements(lone_kernel, "ideolab_connmon")["198.51.100.8"] or 0) > 3000, "the longer ban"
    )
    server.wait_until(lambda: stored_time(server, "198.51.100.8") >= 3600, "its row")
    server.stop()
    server.connmon_log.write_text("")
    lone_kernel.flush("ideolab_connmon")
    server.start()

    server.wait_until(lambda: len(elements(lone_kernel, "ideolab_connmon")) == 2, "the restored bans")
    found = elements(lone_kernel, "ideolab_connmon")
    assert 500 <= (found["198.51.100.7"] or 0) <= 600
    assert 3500 <= (found["198.51.100.8"] or 0) <= 3600


def test_stop_can_clear_the_kernel(lone: Namespace, start: Start) -> None:
    """With keep_on_stop=no a stop of the last jail leaves no set and no rule behind."""
    action = "action = ideolab-ban.py[set=ideolab_{0}, keep_on_stop=no]\n"
    server = start(lone, CONNMON + action.format("connmon") + MANUAL + action.format("manual"))
    write_lines(server.connmon_log, suspect("198.51.100.5"))
    server.wait_until(lambda: bans(server) == 1, "the ban")

    server.ask("stop", "ideolab-connmon")
    assert lone.run("ipset", "list", "-n").split() == ["ideolab_manual", "ideolab_manual6", "ideolab_ban"]
    assert "ideolab_ban" in lone.run("iptables", "-t", "raw", "-S", "PREROUTING")
    server.stop()

    assert lone.run("ipset", "list", "-n") == ""
    assert "ideolab_ban" not in lone.run("iptables", "-S") + lone.run("ip6tables", "-S")
    assert " ERROR " not in server.log.read_text()


def test_unban_all_flushes(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """`unban --all` and `reload --unban` empty the kernel's sets, although a stop keeps them."""
    server = start(lone, MANUAL)
    for command in (("unban", "--all"), ("reload", "--unban")):
        server.ask("set", "ideolab-manual", "banip", "198.51.100.6", "198.51.100.7", "2001:db8:c::6")
        assert len(elements(lone_kernel, "ideolab_manual")) == 2

        done = server.try_client(*command)

        assert done.returncode == 0, done.stderr
        assert elements(lone_kernel, "ideolab_manual") == {}
        assert elements(lone_kernel, "ideolab_manual6") == {}
        assert server.find_banned("ideolab-manual") == []


def test_reload_keeps_the_action_and_the_bans(network: Network, probe: Probe, start: Start) -> None:
    """`systemctl reload fail2ban` drops actions that are not made for it: this one bans before and after."""
    server = start(network[0], CONNMON)
    write_lines(server.connmon_log, suspect("198.51.100.8"))
    server.wait_until(lambda: bans(server) == 1, "the ban")

    with probe.streaming("198.51.100.8") as arrived:
        server.reload()
        write_lines(server.connmon_log, suspect("198.51.100.9"))
        server.wait_until(lambda: bans(server) == 2, "a ban after the reload")

    assert arrived == []
    assert server.ask("get", "ideolab-connmon", "actions") == ["ideolab-ban", "ideolab-report"]
    assert not probe.reaches("198.51.100.9")
    server.ask("unban", "--all")


def test_reload_takes_other_options(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """Another set, a larger one, other thresholds of refusal: all at the next reload, with the bans moved."""
    server = start(lone, CONNMON)
    server.ask("set", "ideolab-connmon", "banip", "198.51.100.10", "2001:db8:c::10")

    server.configure(CONNMON + "action = ideolab-ban.py[set=ideolab_connmon, maxelem=300000]\n")
    server.reload()
    assert lone_kernel.header("ideolab_connmon").maxelem == 300000
    assert elements(lone_kernel, "ideolab_connmon").keys() == {"198.51.100.10"}
    server.configure(CONNMON + "action = ideolab-ban.py[set=other, allow=198.51.100.11, min_prefix4=30]\n")
    server.reload()

    assert elements(lone_kernel, "other").keys() == {"198.51.100.10"}
    assert lone_kernel.members("ideolab_ban") == ["other", "other6"]
    assert lone_kernel.names() == ["ideolab_ban", "other", "other6"]
    for refused in ("198.51.100.11", "203.0.113.0/28"):
        with pytest.raises(Exception, match="Refused"):
            server.ask("set", "ideolab-connmon", "banip", refused)


def test_ignoreip_frees_at_reload_and_restart(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """The administrator who banned himself writes his address into ignoreip, and is let in."""
    server = start(lone, CONNMON)
    server.ask("set", "ideolab-connmon", "banip", "198.51.100.12", "198.51.100.0/28", "198.51.100.99")
    server.wait_until(lambda: written(server, "198.51.100.12", "198.51.100.99"), "the rows")

    server.configure(CONNMON + "ignoreip = 198.51.100.12\n")
    server.reload()
    assert elements(lone_kernel, "ideolab_connmon").keys() == {"198.51.100.99"}
    assert server.find_banned("ideolab-connmon") == ["198.51.100.99"]
    server.configure(CONNMON + "ignoreip = 198.51.100.99\n")
    server.restart()

    server.wait_until(lambda: elements(lone_kernel, "ideolab_connmon") == {}, "the end of the element")


def test_moved_rule_is_first_again(network: Network, probe: Probe, start: Start) -> None:
    """Another program put an accept before the rule: a reload moves ours up, without a gap."""
    server = start(network[0], CONNMON)
    server.ask("set", "ideolab-connmon", "banip", "198.51.100.13")
    accept = "-A PREROUTING -m mark --mark 0x1/0x1 -j ACCEPT"
    network[0].run("iptables", "-t", "raw", "-I", "PREROUTING", "1", *accept.split()[2:])

    with probe.streaming("198.51.100.13") as arrived:
        server.reload()

    assert arrived == []
    ours = "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"
    assert network[0].run("iptables", "-t", "raw", "-S", "PREROUTING").splitlines()[1:] == [ours, accept]
    server.ask("unban", "--all")


def test_host_and_its_network_are_two_elements(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """A host inside a banned network is an element of its own: its unban leaves the network banned."""
    server = start(lone, MANUAL)
    server.ask("set", "ideolab-manual", "banip", "198.51.100.0/24", "198.51.100.14")

    server.ask("set", "ideolab-manual", "unbanip", "198.51.100.14")

    assert elements(lone_kernel, "ideolab_manual") == {"198.51.100.0/24": None}
    assert lone_kernel.test("ideolab_manual", ip_network("198.51.100.14"))
