"""Where addresses lie, by route and interface."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from ideolab_f2b.check.containers.ways import BEYOND, CONTAINER, HERE, MACHINE, NOWHERE, Ways, is_forwarding
from ideolab_f2b.kernel.interfaces import Interface, Route

ADDRESS = ip_address("10.77.0.2")


def interface(number: int, kind: str, master: int = 0) -> Interface:
    return Interface(number, f"if{number}", kind, master, False, False)


@pytest.mark.parametrize(
    ("ports", "place"),
    [
        ([], BEYOND),
        (["veth"], CONTAINER),
        (["veth", "tun"], CONTAINER),
        (["tun", "dummy"], MACHINE),
        (["veth", ""], BEYOND),
        (["tun", "bond"], BEYOND),
        (["veth", "vlan"], BEYOND),
    ],
)
def test_bridges(ports: list[str], place: str) -> None:
    """One with a port to a network outside may have anybody on it."""
    links = [interface(3, "bridge"), *(interface(10 + n, kind, 3) for n, kind in enumerate(ports))]
    ways = Ways(links, lambda _address: Route(3, has_gateway=False, is_own=False))
    assert ways.locate(ADDRESS) == place


@pytest.mark.parametrize(
    ("kind", "place"),
    [("veth", CONTAINER), ("ipvlan", CONTAINER), ("", BEYOND), ("wireguard", BEYOND), ("tun", BEYOND)],
)
def test_other_interfaces(kind: str, place: str) -> None:
    """A tap without a bridge may be a VPN's."""
    ways = Ways([interface(3, kind)], lambda _address: Route(3, has_gateway=False, is_own=False))
    assert ways.locate(ADDRESS) == place


def test_gateways_and_own_addresses() -> None:
    """The kernel is asked once for each address."""
    asked = []

    def route(address: object) -> Route:
        asked.append(address)
        return Route(3, has_gateway=True, is_own=False)

    ways = Ways([interface(3, "veth")], route)
    assert [ways.locate(ADDRESS), ways.has_gateway(ADDRESS)] == [BEYOND, True]
    assert asked == [ADDRESS]
    assert Ways([], lambda _address: Route(1, has_gateway=False, is_own=True)).locate(ADDRESS) == HERE
    assert Ways([], lambda _address: Route(1, has_gateway=False, is_own=False)).locate(ADDRESS) == BEYOND
    nowhere = Ways([], lambda _address: None)
    assert [nowhere.locate(ADDRESS), nowhere.has_gateway(ADDRESS)] == [NOWHERE, False]


def test_a_host_that_forwards(tmp_path: Path) -> None:
    """Each interface has a switch."""
    for name, text in (("all", "0\n"), ("eth0", "0\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "forwarding").write_text(text)
    assert not is_forwarding([tmp_path, tmp_path / "nowhere"])
    (tmp_path / "eth0" / "forwarding").write_text("1\n")
    assert is_forwarding([tmp_path])
