"""A real fail2ban-server whose kernel sets and rules others take away: all is put back, and nothing more."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from demo.lab.error import LabError
from demo.lab.namespace import link_namespaces
from tests.actions.conftest import Probe
from tests.bans.conftest import Host, quick, seldom
from tests.lab.lines import by_hand, write_lines

pytestmark = pytest.mark.root
FLUSH = "iptables -t raw -F; ip6tables -t raw -F"
MANUAL = ("198.51.100.7", "203.0.113.0/24", "2001:db8:c::9")


def stats(host: Host, jail: str = "ideolab-manual") -> dict[str, Any]:
    told: dict[str, Any] = host.server.read_stats(jail)["keeper"]
    return told


def elements(host: Host, name: str) -> list[str]:
    """The addresses of a set, as ipset(8) lists them."""
    lines = host.namespace.run("ipset", "list", name).partition("Members:\n")[2].splitlines()
    return sorted(line.split()[0] for line in lines)


def is_destroyed(host: Host) -> bool:
    """Rules, then all sets; False when a pass put a rule back in between."""
    # a member of the list cannot be destroyed, and the kernel lets go of it a moment after the rules are gone
    destroy = "for i in 1 2 3 4 5 6 7 8; do ipset destroy && exit 0; sleep 0.03; done; exit 1"
    try:
        host.namespace.run("sh", "-c", f"{FLUSH}; ipset flush ideolab_ban; {destroy}")
    except LabError:
        return False
    return True


def passed(host: Host, count: int = 2) -> None:
    """So many passes more."""
    wanted = stats(host)["passes"] + count
    host.server.wait_until(lambda: stats(host)["passes"] >= wanted, "passes")


def test_flushed_and_destroyed_sets_come_back(kept: Host) -> None:
    """`ipset flush`, then all of it destroyed with the rules: elements, sets, members, list and rules."""
    kept.ban("ideolab-manual", *MANUAL)
    kept.ban("ideolab-connmon", "198.51.100.8")
    kept.namespace.run("ipset", "flush")
    kept.server.wait_until(
        lambda: elements(kept, "ideolab_manual") == ["198.51.100.7", "203.0.113.0/24"], "elements"
    )
    kept.server.wait_until(
        lambda: elements(kept, "ideolab_connmon") == ["198.51.100.8"], "those of the other jail"
    )

    kept.server.wait_until(lambda: is_destroyed(kept), "the destruction, between two passes")

    kept.server.wait_until(lambda: "ideolab_manual6" in kept.namespace.run("ipset", "list", "-n"), "sets")
    passed(kept)
    assert elements(kept, "ideolab_manual6") == ["2001:db8:c::9"]
    assert elements(kept, "ideolab_ban") == [
        "ideolab_connmon", "ideolab_connmon6", "ideolab_manual", "ideolab_manual6",
    ]  # fmt: skip
    for program in ("iptables", "ip6tables"):
        assert kept.namespace.run(program, "-t", "raw", "-S", "PREROUTING").splitlines()[1:] == [
            "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"
        ]
    assert stats(kept)["repairs"]["ideolab_ban"] >= 1
    assert stats(kept)["drift"] == dict.fromkeys(stats(kept)["drift"], 0)


def test_banned_packets_are_dropped_again(tmp_path: Path) -> None:
    """Seen from the client: in after a flush, out again a moment later; drops are counted."""
    with link_namespaces("f2bc-drop") as (server, client):
        host = Host(server, tmp_path, quick(tmp_path))
        probe = Probe(server, client)
        try:
            host.start()
            host.ban("ideolab-manual", "198.51.100.7")
            assert not probe.reaches("198.51.100.7")
            server.run("iptables", "-t", "raw", "-I", "PREROUTING", "-j", "ACCEPT")

            host.server.wait_until(lambda: not probe.reaches("198.51.100.7", 0.05), "the drop")
            server.run("iptables", "-t", "raw", "-F")
            host.server.wait_until(
                lambda: not probe.reaches("198.51.100.7", 0.05), "the drop after the flush"
            )
        finally:
            probe.close()
            host.server.stop()


@pytest.mark.parametrize("variant", ["nft", "legacy"])
def test_all_is_back_without_a_pass(variant: str, tmp_path: Path) -> None:
    """A reload of a firewall is seen at once, with both variants of iptables: the next pass is in an hour."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("iptables", "ip6tables", "iptables-restore", "ip6tables-restore"):
        (programs / name).symlink_to(f"/usr/sbin/xtables-{variant}-multi")
    variables = {**seldom(tmp_path), "PATH": f"{programs}:{os.environ['PATH']}"}
    with link_namespaces("f2bc-back") as (server, _client):
        host = Host(server, tmp_path, variables)
        host.start()
        try:
            host.ban("ideolab-manual", "198.51.100.7")
            reloads = [
                f"iptables-{variant} -t raw -F",
                f"printf '*raw\\nCOMMIT\\n' | iptables-{variant}-restore",
                "nft flush ruleset" if variant == "nft" else f"iptables-{variant} -t raw -D PREROUTING 1",
            ]
            for reload in reloads:
                server.run("sh", "-c", reload)
                host.server.wait_until(
                    lambda: (
                        "--match-set" in server.run(f"iptables-{variant}", "-t", "raw", "-S", "PREROUTING")
                    ),
                    "the rule",
                )
                server.run("ipset", "flush", "ideolab_manual")
                host.server.wait_until(
                    lambda: elements(host, "ideolab_manual") == ["198.51.100.7"], "the element"
                )
        finally:
            host.server.stop()


def test_elements_of_nobody_are_lifted(kept: Host) -> None:
    """Added by hand, in both families; what is banned stays."""
    kept.ban("ideolab-manual", *MANUAL)
    kept.namespace.run("ipset", "add", "ideolab_manual", "198.51.100.50")
    kept.namespace.run("ipset", "add", "ideolab_manual6", "2001:db8:c:5::/64", "timeout", "900")

    kept.server.wait_until(
        lambda: elements(kept, "ideolab_manual6") == ["2001:db8:c::9"], "the end of the network"
    )
    kept.server.wait_until(
        lambda: elements(kept, "ideolab_manual") == ["198.51.100.7", "203.0.113.0/24"],
        "the end of the address",
    )
    assert kept.server.find_banned("ideolab-manual") == sorted(MANUAL)


def test_element_whose_time_was_cut(kept: Host) -> None:
    """It gets its own time again."""
    kept.ban("ideolab-connmon", "198.51.100.8")
    kept.namespace.run("ipset", "-exist", "add", "ideolab_connmon", "198.51.100.8", "timeout", "40")

    def left() -> int:
        lines = kept.namespace.run("ipset", "list", "ideolab_connmon").splitlines()
        return int(lines[-1].split()[2])

    kept.server.wait_until(lambda: left() > 3500, "the ban's own time")


def test_restart_keeps_what_the_kernel_kept(kept: Host) -> None:
    """fail2ban restores its bans one by one; none of them leaves the kernel meanwhile, none is counted."""
    addresses = [f"198.51.100.{number}" for number in range(1, 200)]
    # restored from its database, which is written a moment after the bans
    write_lines(
        kept.server.manual_log,
        *(by_hand(address, "3600") for address in addresses),
    )
    kept.server.wait_until(lambda: len(kept.server.find_banned("ideolab-manual")) == 199, "the bans")
    time.sleep(1)
    kept.server.manual_log.write_text("")
    kept.server.restart()
    kept.server.wait_until(lambda: len(kept.server.find_banned("ideolab-manual")) == 199, "the restored bans")
    passed(kept, 3)

    assert len(elements(kept, "ideolab_manual")) == 199
    assert stats(kept)["repairs"]["ideolab_manual"] == 0


def test_unban_all_and_a_stop_end_it(kept: Host) -> None:
    """Nothing is put back that an administrator has lifted, and the thread ends with its jails."""
    kept.ban("ideolab-manual", *MANUAL)
    kept.server.ask("unban", "--all")
    passed(kept)
    assert elements(kept, "ideolab_manual") == []

    kept.server.ask("stop", "ideolab-manual")
    kept.namespace.run("ipset", "flush")
    passes = stats(kept, "ideolab-connmon")["passes"]
    kept.server.wait_until(
        lambda: stats(kept, "ideolab-connmon")["passes"] > passes + 1, "passes for the other jail"
    )
    kept.server.ask("stop", "ideolab-connmon")
    assert elements(kept, "ideolab_manual") == []


def test_reload_with_another_set(kept: Host) -> None:
    """The bans move; the old set does not come back."""
    kept.ban("ideolab-manual", *MANUAL)
    config = kept.server.config / "jail.d" / "ideolab.conf"
    config.write_text(config.read_text().replace("set=ideolab_manual", "set=moved"))
    kept.server.reload()
    passed(kept, 3)

    names = kept.namespace.run("ipset", "list", "-n").split()
    assert "moved" in names
    assert "ideolab_manual" not in names
    assert elements(kept, "moved") == ["198.51.100.7", "203.0.113.0/24"]
    assert set(stats(kept)["drift"]) == {"moved", "moved6", "ideolab_connmon", "ideolab_connmon6"}


def test_bans_and_unbans_in_a_storm_of_flushes(kept: Host) -> None:
    """Threads of fail2ban ban and unban at random while the set is emptied again and again: at the end the
    kernel holds exactly what fail2ban holds."""
    end = threading.Event()
    draw = random.Random(7)

    def flush() -> None:
        while not end.wait(0.2):
            kept.namespace.run("ipset", "flush", "ideolab_manual")

    flusher = threading.Thread(target=flush)
    flusher.start()
    try:
        deadline = time.monotonic() + 6
        while time.monotonic() < deadline:
            addresses = [f"198.51.100.{draw.randrange(1, 40)}" for _one in range(8)]
            kept.server.ask("set", "ideolab-manual", "banip", *addresses)
            # the jail's own thread bans too
            write_lines(kept.server.manual_log, by_hand(f"198.51.100.{draw.randrange(1, 40)}", "900"))
            for address in kept.server.find_banned("ideolab-manual"):
                if draw.random() < 0.4:
                    kept.server.ask("set", "ideolab-manual", "unbanip", address)
    finally:
        end.set()
        flusher.join()
    passed(kept, 4)

    assert elements(kept, "ideolab_manual") == kept.server.find_banned("ideolab-manual")


def test_all_is_back_within_a_minute(real_host: Host) -> None:
    """With the times of a real host."""
    real_host.ban("ideolab-manual", *MANUAL)
    real_host.namespace.run("iptables", "-t", "raw", "-F")
    real_host.namespace.run("ipset", "flush")
    flushed = time.monotonic()

    real_host.server.wait_until(lambda: stats(real_host)["passes"] >= 1, "a pass")

    assert time.monotonic() - flushed < 60
    assert elements(real_host, "ideolab_manual") == ["198.51.100.7", "203.0.113.0/24"]
    assert "--match-set" in real_host.namespace.run("iptables", "-t", "raw", "-S", "PREROUTING")
