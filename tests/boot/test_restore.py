"""A host boots: in a new network namespace, from what a real fail2ban-server has left behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import STATE
from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.actions.jail_record import JailRecord, JailRecords, to_json
from ideolab_f2b.boot import restore
from ideolab_f2b.firewall.position import SPEC
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.actions.conftest import PORT, Probe
from tests.actions.test_restart import written
from tests.asn.tables import build
from tests.bans.conftest import quick
from tests.boot.fail2ban_database import make

pytestmark = pytest.mark.root
Start = Callable[..., Fail2ban]
#: a set of its own name, two jails that share one, and one that keeps peers from a port only
JAILS = f"""\
[ideolab-manual]
enabled = true
[one]
enabled = true
filter = ideolab-manual
logpath = {{directory}}/one.log
action = ideolab-ban.py[set=both, state={{directory}}/0/{STATE}, allow_file=none, ssh_ports=none]
[two]
enabled = true
filter = ideolab-manual
logpath = {{directory}}/two.log
bantime = 30d
action = ideolab-ban.py[set=both, state={{directory}}/0/{STATE}, allow_file=none, ssh_ports=none]
[ports]
enabled = true
filter = ideolab-manual
logpath = {{directory}}/ports.log
action = ideolab-ban.py[scope=port, port={PORT}, protocol=udp, maxelem=2000, state={{directory}}/0/{STATE},
         allow_file=none, ssh_ports=none]
"""
BANS = {
    "ideolab-manual": ("198.51.100.1", "2001:db8:c:7::/64"),
    "one": ("198.51.100.2",),
    "two": ("198.51.100.3",),
    "ports": ("198.51.100.4",),
}
BANNED = [address for addresses in BANS.values() for address in addresses if "/" not in address]


@pytest.fixture
def booted() -> Iterator[tuple[Namespace, Namespace]]:
    """Another network: no set and no rule is in it."""
    with link_namespaces("f2bboot") as pair:
        yield pair


def list_elements() -> dict[str, int | None]:
    kernel = Sets()
    found = {
        str(each.network): each.timeout_s
        for name in kernel.names()
        if "ideolab_ban" not in name
        for each in kernel.elements(name)
    }
    kernel.close()
    return found


def serve(network: tuple[Namespace, Namespace], start: Start, directory: Path) -> Fail2ban:
    """Start a server with bans of every kind, and stop it when its database has them."""
    for name in ("one", "two", "ports"):
        (directory / f"{name}.log").touch()
    server = start(network[0], JAILS.format(directory=directory))
    server.wait_for_rules(*BANS)
    for jail, addresses in BANS.items():
        server.ask("set", jail, "banip", *addresses)
    server.wait_until(lambda: written(server, *(one for each in BANS.values() for one in each)), "all rows")
    server.wait_until(
        lambda: len(json.loads((server.state / "sets.json").read_text())["jails"]) == 4, "jails"
    )
    return server


def test_a_boot_before_fail2ban(
    network: tuple[Namespace, Namespace], booted: tuple[Namespace, Namespace], start: Start, tmp_path: Path
) -> None:
    """Nothing of a banned address arrives, before fail2ban starts and while it does; it has nothing to do."""
    server = serve(network, start, tmp_path)
    with network[0].enter():
        before = list_elements()
    server.stop()

    with booted[0].enter():
        done = restore.restore(server.state / "sets.json")
        after = list_elements()

    assert done.problems == ()
    assert done.said == "5 elements for 5 bans of 4 jails are in force in ipset"
    assert after.keys() == before.keys()
    assert [one for one, left in after.items() if abs((left or 0) - (before[one] or 0)) > 30] == []
    for program in ("iptables", "ip6tables"):
        booted[0].run(program, "-t", "raw", "-C", "PREROUTING", *SPEC.split())
    probe = Probe(*booted)
    try:
        assert [address for address in BANNED if probe.reaches(address)] == []
        assert probe.reaches("198.51.100.9")
        assert not probe.reaches("2001:db8:c:7::5")

        with probe.streaming("198.51.100.1") as arrived:
            server.namespace = booted[0]
            server.start()
            server.wait_for_rules(*BANS)
            server.wait_for_restored("ideolab-manual", 2)
        assert arrived == []
    finally:
        probe.close()
    with booted[0].enter():
        again = list_elements()
    assert again.keys() == before.keys()
    assert [one for one, left in again.items() if abs((left or 0) - (after[one] or 0)) > 30] == []
    assert [line for line in server.log.read_text().splitlines() if "repaired" in line] == []


def record(path: Path, rows: list[tuple[object, object, object, object]], *jails: JailRecord) -> Path:
    """Write a database and what names it; return the path of the second."""
    base = make(path / "fail2ban.sqlite3", rows)
    (path / "sets.json").write_bytes(to_json(JailRecords(str(base), jails)))
    (path / "sets.json").chmod(0o600)
    return path / "sets.json"


def test_a_fault_of_one_part(tmp_path: Path, lone: Namespace, lone_kernel: Sets) -> None:
    """A set of somebody else's, a set without room: the other jails are in force, and each fault is said."""
    now = int(time.time())
    rows: list[tuple[object, object, object, object]] = [
        ("good", "198.51.100.7", now, 600), ("bad", "198.51.100.8", now, 600),
    ]  # fmt: skip
    rows += [("small", f"198.51.100.{last}", now, 600) for last in range(100)]
    jails = [JailRecord(name, name, 64, bantime=600, longest=600) for name in ("bad", "small", "good")]
    path = record(tmp_path, rows, *jails)
    with lone.enter():
        lone.run("ipset", "create", "bad", "hash:ip")

        done = restore.restore(path)

    assert done.said == "1 elements for 102 bans of 3 jails are in force in ipset"
    bad, small = done.problems
    assert bad.startswith("jail bad: ")
    assert small == (
        "set small: up to 100 of 100 elements have no room: raise maxelem of the set, or shorten the bans"
    )
    assert lone_kernel.test("good", ip_network("198.51.100.7"))
    assert lone_kernel.header("small").elements == 64


def test_bans_of_as_numbers(tmp_path: Path, lone: Namespace, lone_kernel: Sets) -> None:
    """Each network of theirs is in force, beside the addresses of other jails."""
    build(tmp_path / "asn.sqlite3", [(64500, "EXAMPLE", ["198.51.100.0/24", "2001:db8::/32"])])
    rows: list[tuple[object, object, object, object]] = [("n", "AS64500", int(time.time()), -1)]
    path = record(tmp_path, rows, JailRecord("n", "n", 64, tickets="as", cap=(10**6, 10**12), min_prefix6=1))
    with lone.enter():
        done = restore.restore(path)

    assert done == restore.Restored("2 elements for 1 bans of 1 jails are in force in ipset", ())
    assert lone_kernel.test("n", ip_network("198.51.100.7"))


def test_a_second_time(tmp_path: Path, lone: Namespace) -> None:
    """Nothing is there twice."""
    now = int(time.time())
    path = record(tmp_path, [("a", "198.51.100.7", now, -1)], JailRecord("a", "a", 64, "port", (25,)))
    with lone.enter():
        first, second = restore.restore(path), restore.restore(path)

    assert first == second
    assert first.problems == ()
    assert lone.run("iptables", "-t", "raw", "-S").count("ideolab-port -p tcp") == 1


def test_nothing_has_run_here(tmp_path: Path) -> None:
    """A fresh install boots without an error."""
    done = restore.restore(tmp_path / "sets.json")

    assert done == restore.Restored("no jail of the ban action has run here yet", ())


@pytest.mark.parametrize(
    ("mode", "text", "why"), [(0o666, "{}", "others than root"), (0o600, "{", "no JSON")]
)
def test_a_file_that_is_not_believed(tmp_path: Path, mode: int, text: str, why: str) -> None:
    """Who can write it could ban anybody."""
    path = tmp_path / "sets.json"
    path.write_text(text)
    path.chmod(mode)

    done = restore.restore(path)

    assert done.said == "no bans restored"
    assert len(done.problems) == 1 and why in done.problems[0]


def test_a_database_that_is_gone(tmp_path: Path, lone: Namespace, lone_kernel: Sets) -> None:
    """Sets and rule are there all the same."""
    path = record(tmp_path, [], JailRecord("a", "a", 64))
    (tmp_path / "fail2ban.sqlite3").unlink()
    with lone.enter():
        done = restore.restore(path)

    assert done.said == "0 elements for 0 bans of 1 jails are in force in ipset"
    assert len(done.problems) == 1 and "it is not there" in done.problems[0]
    assert lone_kernel.members("ideolab_ban") == ["a", "a6"]


def test_what_is_over_since(lone: Namespace, lone_kernel: Sets, start: Start, tmp_path: Path) -> None:
    """A jail that was removed, and a ban of another database: fail2ban lifts them when it is up."""
    now = int(time.time())
    rows: list[tuple[object, object, object, object]] = [
        ("gone", "198.51.100.7", now, -1), ("ideolab-manual", "198.51.100.8", now, -1),
    ]  # fmt: skip
    jails = [JailRecord("gone", "gone", 64), JailRecord("ideolab-manual", "ideolab_manual", 64)]
    path = record(tmp_path, rows, *jails)
    with lone.enter():
        assert restore.restore(path).problems == ()
    assert lone_kernel.test("gone", ip_network("198.51.100.7"))

    server = start(lone, "[ideolab-manual]\nenabled = true\n", variables=quick(tmp_path, left_s=1))

    server.wait_until(
        lambda: not set(lone_kernel.names()) & {"gone", "gone6"}, "no set of a jail that is gone"
    )
    server.wait_until(
        lambda: not lone_kernel.test("ideolab_manual", ip_network("198.51.100.8")),
        "no ban of another database",
    )
