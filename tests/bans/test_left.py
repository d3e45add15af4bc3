"""Jails that are switched off in a real fail2ban-server: what they leave in the kernel is lifted."""

from __future__ import annotations

import json
import os
from ipaddress import ip_network
from pathlib import Path

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.bans.unban import unban
from tests.bans.conftest import Host, quick
from tests.bans.test_keeping import elements, passed

pytestmark = pytest.mark.root


def switch_off(host: Host, *jails: str) -> None:
    text = "".join(f"[{jail}]\nenabled = false\n" for jail in jails)
    (host.server.config / "jail.d" / "off.local").write_text(text)
    host.server.reload()


def sets(host: Host) -> list[str]:
    return sorted(host.namespace.run("ipset", "list", "-n").split())


def test_jail_that_is_switched_off(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bans are shown, wrong in check, and each can be lifted; check --repair lifts the rest at once."""
    host.ban("ideolab-connmon", "198.51.100.7", "198.51.100.8", "2001:db8:c::9")
    host.ban("ideolab-manual", "198.51.100.10")
    switch_off(host, "ideolab-connmon")
    host.server.ask("unban", "--all")
    host.ban("ideolab-manual", "198.51.100.11")

    seen = [(row["address"], row["jail"], row["set"], row["state"]) for row in host.seen()["bans"]]
    assert sorted(seen) == [
        ("198.51.100.11", "ideolab-manual", "ideolab_manual", "ok"),
        ("198.51.100.7", None, "ideolab_connmon", "stale"),
        ("198.51.100.8", None, "ideolab_connmon", "stale"),
        ("2001:db8:c::9", None, "ideolab_connmon", "stale"),
    ]
    assert "set ideolab_connmon" in host.run("bans").stdout
    monkeypatch.setenv("PATH", f"{host.directory}/bin:{os.environ['PATH']}")
    with host.namespace.enter():
        (result,) = unban([ip_network("198.51.100.7")])
    assert (result.result, result.detail) == ("unbanned", "ideolab_connmon")

    check = [json.loads(line) for line in host.run("check", "--repair", "--json").stdout.splitlines()]

    told = {each["check"]: each["text"] for each in check}
    assert told["repair"] == "repaired: 2 in ideolab_connmon"
    assert not [name for name in told if name.startswith("drift set")]
    assert sets(host) == ["ideolab_ban", "ideolab_manual", "ideolab_manual6"]
    assert elements(host, "ideolab_manual") == ["198.51.100.11"]


def test_what_is_left_is_lifted_by_itself(tmp_path: Path) -> None:
    """A while after the jail has gone, also when no jail is left; a restart meanwhile lifts nothing."""
    with link_namespaces("f2bc-left") as (namespace, _client):
        host = Host(namespace, tmp_path, quick(tmp_path, left_s=2))
        try:
            host.start()
            host.ban("ideolab-connmon", "198.51.100.7", "2001:db8:c::9")
            host.ban("ideolab-manual", "198.51.100.10")
            host.server.restart()
            host.server.wait_for_rules("ideolab-manual", "ideolab-connmon")
            passed(host, 10)
            assert elements(host, "ideolab_connmon6") == ["2001:db8:c::9"]

            switch_off(host, "ideolab-connmon")
            host.server.wait_until(
                lambda: sets(host) == ["ideolab_ban", "ideolab_manual", "ideolab_manual6"], "its end"
            )
            assert elements(host, "ideolab_manual") == ["198.51.100.10"]
            host.server.wait_for_log("kernel set ideolab_connmon belongs to no jail that runs: 2 bans lifted")

            switch_off(host, "ideolab-connmon", "ideolab-manual")
            host.server.wait_until(lambda: sets(host) == ["ideolab_ban"], "the end of the last")
        finally:
            host.server.stop()


def test_repair_when_no_jail_is_left(host: Host) -> None:
    """The command itself lifts what fail2ban has no jail for."""
    host.ban("ideolab-manual", "198.51.100.10")
    switch_off(host, "ideolab-connmon", "ideolab-manual")
    assert elements(host, "ideolab_manual") == ["198.51.100.10"]

    check = [json.loads(line) for line in host.run("check", "--repair", "--json").stdout.splitlines()]

    assert check[0]["text"] == "repaired: 1 in ideolab_manual"
    assert sets(host) == ["ideolab_ban"]
