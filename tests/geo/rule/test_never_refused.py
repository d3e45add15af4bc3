"""Whom no list refuses, from files and sources of a test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.protected.ssh import memory
from ideolab_f2b.actions.protected.ssh.memory import Remembered
from ideolab_f2b.geo.rule.listed_names import NameAddresses
from ideolab_f2b.geo.rule.never_refused import ALWAYS, SSH, Exemption, collect, list_sources
from tests.geo.rule.conftest import World


def names() -> NameAddresses:
    return NameAddresses(
        {}, resolve=lambda name: {ip_address("198.51.100.99")} if name == "a.example.com" else ()
    )


def test_lists_and_names(tmp_path: Path) -> None:
    """The file never-ban with its names, and `exempt =`; what is wrong there is told."""
    path = tmp_path / "never-ban"
    path.write_text("203.0.113.64-203.0.113.67, 2001:db8:7::/48\na.example.com b.example.com\n300.1.1.1\n")
    path.chmod(0o644)

    found = collect(
        (ip_network("198.51.100.5/32"),),
        names(),
        never_ban=str(path),
        sources={},
        peer=ip_address("203.0.113.1"),
    )

    assert set(found.found) - {Exemption(one, "no country has it") for one in ALWAYS} == {
        Exemption(ip_network("203.0.113.1/32"), SSH),
        Exemption(ip_network("198.51.100.5/32"), "listed in `exempt` of [geo]"),
        Exemption(ip_network("203.0.113.64/30"), f"listed in {path}"),
        Exemption(ip_network("2001:db8:7::/48"), f"listed in {path}"),
        Exemption(ip_network("198.51.100.99/32"), f"a.example.com, listed in {path}"),
    }
    assert [text.replace(str(path), "FILE") for text in found.troubles] == [
        'FILE: "300.1.1.1" (line 3): no address, network, range or host name; the rest of the list counts',
        "b.example.com has no answer: it has no address; it exempts nobody",
    ]
    assert (0xCB007140, 30) in found.prefixes()[4]


def test_the_reason_that_does_not_count() -> None:
    """Who is let in for his session alone is told from who is listed."""
    peer = ip_address("203.0.113.1")
    found = collect((), names(), never_ban="", sources={}, peer=peer)
    assert found.find(peer) == Exemption(ip_network("203.0.113.1/32"), SSH)
    assert found.find(peer, without=SSH) is None
    assert found.find(ip_address("10.1.2.3"), without=SSH) == Exemption(
        ip_network("10.0.0.0/8"), "no country has it"
    )


def test_a_source_that_fails() -> None:
    """It exempts nobody, is told, and the others count."""

    def fail() -> Iterator[Exemption]:
        raise OSError("no answer")

    found = collect((), names(), never_ban="", sources={"gateways": fail})
    assert (len(found.found), found.troubles) == (len(ALWAYS), ("gateways are not known: no answer",))
    assert not found.is_whole


def test_what_is_whole(tmp_path: Path) -> None:
    """A list with a wrong word was read, and one that others can write was not."""
    path = tmp_path / "never-ban"
    path.write_text("203.0.113.64 300.1.1.1\n")
    path.chmod(0o644)
    assert collect((), names(), never_ban=str(path), sources={}).is_whole
    path.chmod(0o666)
    assert not collect((), names(), never_ban=str(path), sources={}).is_whole
    path.unlink()
    assert collect((), names(), never_ban=str(path), sources={}).is_whole


@pytest.mark.root
def test_this_host(world: World, tmp_path: Path) -> None:
    """Its networks, its gateways, and who was logged in over SSH."""
    now = int(time.time())
    rows = [("203.0.113.77", now - 60), ("203.0.113.78", now - 90_000)]
    memory.save(tmp_path, [Remembered(ip_address(text), 22, 0, seen) for text, seen in rows])
    server: Namespace = world.server
    with server.enter():
        sources = list_sources(tmp_path)
        found = {name: {str(one.network) for one in sources[name]()} for name in sources}
    # a network that is wider than a /16 is no neighbourhood
    own = {one for one in found["own addresses"] if not one.startswith("fe80::")}
    assert own == {"127.0.0.1/32", "::1/128", "192.0.2.0/24", "2001:db8:0:1::/64"}
    assert found["gateways"] == {"192.0.2.254/32", "2001:db8:0:1::254/128"}
    assert found["SSH sessions"] == {"203.0.113.77/32"}
