"""The jail of AS numbers on a real fail2ban-server, with its packets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.fail2ban import Fail2ban, RefusedError
from demo.lab.fail2ban_config import STATE, report_action
from demo.lab.namespace import Namespace
from ideolab_f2b.firewall.backend import Backend, KernelSets
from tests.asn import tables

pytestmark = pytest.mark.root

Start = Callable[..., Fail2ban]
JAIL = "ideolab-asn"
LOCAL = """
[ideolab-asn]
enabled = true
logpath = {nothing}
action = ideolab-ban.py[set=ideolab_asn, tickets=as, backend={backend}, state={state}]
         {report}
"""
ONE = ("198.51.100.0/25", "203.0.113.0/24", "2001:db8:c::/48")
TWO = ("203.0.113.0/24", "198.51.100.128/26")


#: what is stale is lifted by the second pass, however young the jail is
QUICK = """\
import ideolab_f2b.actions.reconcile.thread as reconcile
reconcile.SETTLED_S = 0.0
"""


def _quick(directory: Path) -> dict[str, str]:
    (directory / "sitecustomize.py").write_text(QUICK)
    return {"PYTHONPATH": f"{directory}:{REPOSITORY}"}


class Scene:
    """A server with the jail and a table of its own."""

    def __init__(self, namespace: Namespace, start: Start, directory: Path, backend: str = "ipset") -> None:
        nothing = directory / "nothing"
        nothing.touch()
        # where the first server of a test has its files
        served = directory / "0"
        jails = LOCAL.format(
            nothing=nothing, backend=backend, state=served / STATE, report=report_action(served)
        )
        self.server = start(namespace, jails, variables=_quick(directory))
        self.server.state.mkdir(exist_ok=True)
        self.build(
            {
                64500: ONE,
                64501: TWO,
                64502: ["10.0.0.0/9"],
                64503: ["198.51.100.192/26", "192.0.2.0/24"],
            }
        )
        self.server.wait_for_rules(JAIL)

    def build(self, table: dict[int, Iterable[str]]) -> None:
        tables.build(
            self.server.state / "asn.sqlite3",
            [(number, f"EXAMPLE {number}", each) for number, each in table.items()],
        )

    def order(
        self, *bans: tuple[str, object], by: str = "alice", force: bool = False
    ) -> list[tuple[str, str, str]]:
        asked: dict[str, Any] = {"bans": bans, "by": by, "reason": "", **({"force": True} if force else {})}
        told = json.loads(self.server.ask("set", JAIL, "action", "ideolab-ban", "by_hand", json.dumps(asked)))
        return [(each["address"], each["result"], each["detail"]) for each in told]

    def wait_for(self, kernel: KernelSets, networks: Iterable[str]) -> None:
        wanted = sorted(networks)
        self.server.wait_until(lambda: sorted(held(kernel)) == wanted, f"the elements {wanted}")


def held(kernel: KernelSets) -> dict[str, Any]:
    return {
        str(one.network): one.timeout_s
        for name in ("ideolab_asn", "ideolab_asn6")
        for one in kernel.elements(name)
    }


@pytest.fixture
def scene(lone: Namespace, start: Start, tmp_path: Path) -> Scene:
    return Scene(lone, start, tmp_path)


def test_life_of_two(
    lone: Namespace, start: Start, tmp_path: Path, backend: Backend, backend_kernel: KernelSets
) -> None:
    """A network that two hold stays until both are unbanned, with the time of who is left."""
    scene, lone_kernel = Scene(lone, start, tmp_path, backend.name), backend_kernel
    assert scene.order(("as64500", "permanent"), ("AS64501", 3600)) == [
        ("AS64500", "banned", "3 prefixes, 384 IPv4 addresses and 65,536 /64 of IPv6"),
        ("AS64501", "banned", "2 prefixes, 320 IPv4 addresses"),
    ]
    found = held(lone_kernel)
    assert sorted(found) == ["198.51.100.0/25", "198.51.100.128/26", "2001:db8:c::/48", "203.0.113.0/24"]
    assert found["203.0.113.0/24"] is None and 3500 < found["198.51.100.128/26"] <= 3600
    assert scene.server.find_banned(JAIL) == ["AS64500", "AS64501"]

    scene.server.stop()
    for name in ("ideolab_asn", "ideolab_asn6"):
        lone_kernel.flush(name)
    scene.server.start()
    scene.wait_for(lone_kernel, found)
    assert 3400 < held(lone_kernel)["198.51.100.128/26"] <= 3600

    assert scene.server.ask("set", JAIL, "unbanip", "as64500") == 1
    assert sorted(held(lone_kernel)) == ["198.51.100.128/26", "203.0.113.0/24"]
    assert 3400 < held(lone_kernel)["203.0.113.0/24"] <= 3600
    scene.server.ask("set", JAIL, "unbanip", "AS64501")
    assert held(lone_kernel) == {}


REFUSED = {
    "AS64500;x": "'AS64500;x' is no AS number",
    "AS0": "'AS0' is no AS number",
    "AS99999999999": "'AS99999999999' is no AS number",
    "198.51.100.7": "'198.51.100.7' is no AS number",
    "AS64502": "AS64502 has 1 prefix, 8,388,608 IPv4 addresses: above the cap of 4,194,304 IPv4 addresses",
    "AS64503": "AS64503 is not banned: 192.0.2.0/24 holds 192.0.2.1, an own address of this host",
    "AS64510": "AS64510 announces nothing in",
}


def test_refused(scene: Scene, lone_kernel: KernelSets) -> None:
    """At the door, with a reason, by banip as by an order; nothing is listed."""
    for word, why in REFUSED.items():
        with pytest.raises(RefusedError, match="Refused: ") as raised:
            scene.server.ask("set", JAIL, "banip", word)
        assert why in str(raised.value)
        ((_word, result, detail),) = scene.order((word, 60))
        assert result in ("refused", "error") and why in detail

    assert scene.server.find_banned(JAIL) == [] and held(lone_kernel) == {}


def test_force_is_root_s(scene: Scene, lone_kernel: KernelSets) -> None:
    """It lifts the cap and nothing else, not for the helper, and outlives a restart."""
    assert [scene.order(("AS64502", 3600), by="ideolab-fw-ip uid=33", force=True)[0][1]] == ["refused"]
    assert [scene.order(("AS64503", 3600), force=True)[0][1]] == ["refused"]
    assert scene.order(("AS64502", 3600), force=True) == [
        ("AS64502", "banned", "1 prefix, 8,388,608 IPv4 addresses")
    ]
    scene.server.restart()
    scene.server.wait_until(lambda: scene.server.find_banned(JAIL) == ["AS64502"], "the restored ban")

    scene.wait_for(lone_kernel, ["10.0.0.0/9"])


def test_table_is_followed(scene: Scene, lone_kernel: KernelSets) -> None:
    """What the AS announces now is banned; a table that is gone ends no ban and lets none begin."""
    scene.server.ask("set", JAIL, "banip", "AS64501")
    scene.build({64500: ONE, 64501: ["198.51.100.128/26", "198.51.100.224/28"]})
    passes(scene.server)
    passes(scene.server)
    assert sorted(held(lone_kernel)) == ["198.51.100.128/26", "198.51.100.224/28"]

    (scene.server.state / "asn.sqlite3").unlink()
    passes(scene.server)
    assert len(held(lone_kernel)) == 2
    with pytest.raises(RefusedError, match=r"asn.sqlite3 is missing.*ideolab-f2b asn build"):
        scene.server.ask("set", JAIL, "banip", "AS64500")
    assert "AS64501 is banned as before" in scene.server.log.read_text()
    scene.server.ask("set", JAIL, "unbanip", "AS64501")
    assert held(lone_kernel) == {}


def passes(server: Fail2ban) -> None:
    wanted = int(server.ask("set", JAIL, "action", "ideolab-ban", "reconcile"))
    server.wait_until(lambda: server.read_stats(JAIL)["keeper"]["passes"] >= wanted, "two passes")


def test_it_ends_by_itself(scene: Scene, lone_kernel: KernelSets) -> None:
    """As one thing, in fail2ban and in the kernel."""
    scene.order(("AS64500", 2))

    scene.server.wait_until(lambda: scene.server.find_banned(JAIL) == [], "the end of the ban")
    assert held(lone_kernel) == {}


def test_events(scene: Scene) -> None:
    """One for the AS with its number of prefixes; no address is looked up."""
    scene.order(("AS64500", 600))
    scene.server.ask("set", JAIL, "unbanip", "AS64500")
    log = scene.server.directory / "connmon_events.jsonl"
    scene.server.wait_until(lambda: log.exists() and log.read_text().count("\n") == 2, "the events")

    ban, unban = map(json.loads, log.read_text().splitlines())
    assert (ban["type"], ban["ip"], ban["subnet"], ban["asn"]) == ("ban", None, None, "64500")
    assert (ban["asname"], ban["raw"]["prefixes"], ban["bantime"]) == ("EXAMPLE 64500", 3, 600)
    assert (unban["type"], unban["asn"], unban["raw"]["prefixes"]) == ("unban", "64500", 3)


def test_six_hundred_in_a_moment(
    lone: Namespace, start: Start, tmp_path: Path, backend: Backend, backend_kernel: KernelSets
) -> None:
    """All of them by one order, and lifted by one."""
    scene, lone_kernel = Scene(lone, start, tmp_path, backend.name), backend_kernel
    networks = [f"10.{number // 250}.{number % 250}.{number % 2 * 128}/30" for number in range(600)]
    scene.build({64504: networks})
    assert scene.order(("AS64504", 600))[0][1] == "banned"
    assert len(held(lone_kernel)) == 600
    scene.server.ask("set", JAIL, "unbanip", "AS64504")

    assert held(lone_kernel) == {}
