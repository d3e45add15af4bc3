"""The name of an address, which counts only when it leads back."""

from __future__ import annotations

import socket
from typing import Any, Union

import pytest

from ideolab_accesslog.traship.crawlers.listed import is_wanted
from ideolab_accesslog.traship.crawlers.lookup import find_name

GOOGLE, GOOGLE6, MALLORY = "66.249.66.1", "2001:4860:4801:10::1", "198.51.100.66"
NAME = "crawl-66-249-66-1.googlebot.com"
Names = Union[Exception, list[str]]


class Resolver:
    """Answers from two tables, and remembers the names whose addresses were asked for."""

    def __init__(self, names: Names, addresses: Union[Exception, dict[str, list[str]]]) -> None:
        self._names = names
        self._addresses = addresses
        self.asked: list[str] = []

    def reverse(self, _address: str) -> tuple[str, list[str], list[str]]:
        if isinstance(self._names, Exception):
            raise self._names
        return self._names[0], self._names[1:], []

    def forward(self, name: str, _port: None, *, type: int) -> list[Any]:
        self.asked.append(name)
        assert type == socket.SOCK_STREAM
        if isinstance(self._addresses, Exception):
            raise self._addresses
        return [(0, type, 6, "", (one, 0)) for one in self._addresses.get(name, [])]

    def find(self, address: str) -> Union[str, None]:
        return find_name(address, is_wanted, self.reverse, self.forward)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        (GOOGLE, [NAME]),
        (GOOGLE, ["CRAWL-66-249-66-1.GoogleBot.com."]),
        (GOOGLE, ["static.example", NAME]),
        (GOOGLE6, [NAME]),
    ],
)
def test_a_name_that_leads_back(address: str, names: list[str]) -> None:
    """Is the crawler's."""
    resolver = Resolver(names, {NAME: ["66.249.66.9", GOOGLE, GOOGLE6]})

    assert resolver.find(address) == NAME
    assert resolver.asked == [NAME]


def test_whoever_owns_an_address_gives_it_any_name() -> None:
    """The name's own zone says whose it is."""
    assert Resolver([NAME], {NAME: [GOOGLE, f"{GOOGLE6}%lo"]}).find(MALLORY) == ""
    assert Resolver([NAME], socket.gaierror(socket.EAI_NONAME, "unknown")).find(MALLORY) == ""


@pytest.mark.parametrize(
    "names",
    [
        ["host.evil.example"],
        ["googlebot.com.evil.example"],
        [""],
        ["."],
        ["crawl..googlebot.com"],
        ["-" * 300 + ".googlebot.com"],
        ["a" * 64 + ".googlebot.com"],
        ["x\n.googlebot.com", "\udcff.googlebot.com", "é.googlebot.com", "a b.googlebot.com"],
        [f"h{number}.evil.example" for number in range(10)] + [NAME],
    ],
)
def test_hostile_names_ask_nobody(names: list[str]) -> None:
    """Only a name of a crawler's zone is looked up, and only the first few of thousands."""
    resolver = Resolver(names, {})

    assert resolver.find(MALLORY) == ""
    assert resolver.asked == []


def test_many_names_and_addresses_are_cut() -> None:
    """Two names are looked up, a hundred addresses compared."""
    names = [f"crawl-{number}.googlebot.com" for number in range(1000)]
    resolver = Resolver(names, {name: ["203.0.113.1"] * 1000 + [MALLORY] for name in names})

    assert resolver.find(MALLORY) == ""
    assert resolver.asked == ["crawl-0.googlebot.com", "crawl-1.googlebot.com"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (socket.herror(1, "Unknown host"), ""),
        (socket.herror(4, "No address associated with name"), ""),
        (socket.herror(2, "Host name lookup failure"), None),
        (socket.herror(3, "Unknown server error"), None),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), None),
        (TimeoutError("timed out"), None),
        (UnicodeDecodeError("ascii", b"\xff", 0, 1, "name"), ""),
    ],
)
def test_no_name_is_an_answer_and_no_answer_is_none(error: Exception, expected: Union[str, None]) -> None:
    """A resolver that fails says nothing about the client."""
    assert Resolver(error, {}).find(GOOGLE) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), None),
        (OSError("no network"), None),
        (UnicodeError("label too long"), ""),
    ],
)
def test_the_way_back_may_fail_too(error: Exception, expected: Union[str, None]) -> None:
    """With the same two results."""
    assert Resolver([NAME], error).find(GOOGLE) == expected
