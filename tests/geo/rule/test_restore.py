"""What a boot asks for: the list that was confirmed, whatever the settings and /var are like."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from ideolab_f2b.geo.rule.restore import restore
from ideolab_f2b.geo.rule.state import StateFiles
from tests.geo.rule.conftest import OUTSIDE, World, make_list


def test_nothing_was_confirmed(tmp_path: Path) -> None:
    """It makes no directory, no socket and no lock."""
    assert restore(tmp_path / "f2b.conf", StateFiles(tmp_path / "geo")) == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.root
def test_settings_that_are_broken(world: World, backend: str, tmp_path: Path) -> None:
    """The list comes back with the exemptions of its last `apply`, and without the network."""
    config = tmp_path / "f2b.conf"
    config.write_text("[geo]\npolicy = perhaps\n")
    files = StateFiles(world.directory, tmp_path / "lock")
    with world.server.enter():
        firewall = world.firewall(backend, exempt=(ip_network("203.0.113.9"),))
        firewall.apply(make_list())
    world.server.run(*(("nft", "flush", "ruleset") if backend == "nft" else ("iptables", "-t", "raw", "-F")))
    # the client's network is one of this host, and would be exempt
    world.server.run("ip", "addr", "del", "192.0.2.1/24", "dev", "veth0")
    world.server.run("ip", "addr", "add", "192.0.2.1/32", "dev", "veth0")
    world.server.run("ip", "route", "add", "192.0.2.254/32", "dev", "veth0")
    for network in ("198.51.100.0/24", "203.0.113.0/24"):
        world.server.run("ip", "route", "replace", network, "via", "192.0.2.254", "dev", "veth0")

    with world.server.enter():
        said = restore(config, files)
        again = restore(config, files)

    assert said == "the country list is in force again: allow FR, ES on TCP 443 (2 + 1 prefixes)"
    assert again == ""
    assert not world.gets_in(OUTSIDE[0])
    assert world.gets_in("203.0.113.9")
