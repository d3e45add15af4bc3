"""Lifting bans: which jails are asked, and what is said when a wider ban still holds."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import NamedTuple

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import unban as unbanning
from ideolab_f2b.bans.result import BanResult
from ideolab_f2b.kernel.ipset.element import Network

ONE = ip_network("198.51.100.7")
WIDE = ip_network("198.51.100.0/24")


class Element(NamedTuple):
    """An element of a set."""

    set: str
    network: Network


class Sets:
    """The kernel's sets."""

    def __init__(self, *elements: Element) -> None:
        self.elements = list(elements)

    def find(self, networks: Iterable[Network]) -> dict[Network, list[Element]]:
        return {one: [each for each in self.elements if each.network.overlaps(one)] for one in networks}

    def delete(self, elements: Iterable[Element]) -> None:
        self.elements = [each for each in self.elements if each not in set(elements)]

    def close(self) -> None:
        pass


class Server:
    """fail2ban with its bans; it does not touch the kernel."""

    def __init__(self, **bans: list[str]) -> None:
        self.bans = bans
        self.asked: list[tuple[str, ...]] = []

    def ask(self, *words: str, options: tuple[str, ...] = ()) -> str:
        self.asked.append(words)
        return "1\n"


def place(monkeypatch: pytest.MonkeyPatch, server: Server, sets: Sets) -> None:
    monkeypatch.setattr(fail2ban_client, "jails", lambda _options: set(server.bans))
    monkeypatch.setattr(fail2ban_client, "bans", lambda jail, _options: server.bans[jail])
    monkeypatch.setattr(fail2ban_client, "ask", server.ask)
    monkeypatch.setattr(unbanning, "AllSets", lambda: sets)


def test_every_jail_that_has_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that the jail has for it; a jail may ban words that are no addresses."""
    server = Server(a=["198.51.100.7", "203.0.113.9"], b=["someone"], c=["198.51.100.7/32"])
    place(monkeypatch, server, Sets())

    assert unbanning.unban([ONE]) == [BanResult("198.51.100.7", "unbanned", None, "a, c")]
    assert server.asked == [
        ("set", "a", "unbanip", "198.51.100.7"),
        ("set", "c", "unbanip", "198.51.100.7/32"),
    ]


def test_an_element_that_fail2ban_has_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is deleted, and its set is named."""
    sets = Sets(Element("ideolab_connmon", ONE))
    place(monkeypatch, Server(a=[]), sets)

    assert unbanning.unban([ONE]) == [BanResult("198.51.100.7", "unbanned", None, "ideolab_connmon")]
    assert sets.elements == []


def test_a_wider_ban_that_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not lifted: others are in it."""
    sets = Sets(Element("ideolab_manual", WIDE))
    place(monkeypatch, Server(a=["198.51.100.0/24"]), sets)

    assert unbanning.unban([ONE]) == [
        BanResult(
            "198.51.100.7",
            "error",
            None,
            "still dropped: 198.51.100.0/24 is banned (ideolab_manual); unban that",
        )
    ]
    assert len(sets.elements) == 1


def test_a_network_takes_what_lies_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In fail2ban and in the kernel; an address that nobody bans is no error."""
    sets = Sets(Element("s", ONE))
    server = Server(a=["198.51.100.7", "203.0.113.9"])
    place(monkeypatch, server, sets)

    assert unbanning.unban([WIDE, ip_network("192.0.2.1")]) == [
        BanResult("198.51.100.0/24", "unbanned", None, "a"),
        BanResult("192.0.2.1", "not-banned"),
    ]
    assert (server.asked, sets.elements) == ([("set", "a", "unbanip", "198.51.100.7")], [])
