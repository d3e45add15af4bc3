"""Host names of the lists: answers, silence, a limit of time."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from ipaddress import ip_address

from ideolab_f2b.geo.rule.listed_names import NameAddresses
from ideolab_f2b.kernel.address import Address

BEFORE = {"quiet.example.com": ["198.51.100.7", "2001:db8::7"]}


def test_answers() -> None:
    """They are remembered as text."""
    names = NameAddresses({}, resolve=lambda _name: {ip_address("198.51.100.8"), ip_address("2001:db8::8")})
    assert names.find("a.example.com") == [ip_address("198.51.100.8"), ip_address("2001:db8::8")]
    assert names.known == {"a.example.com": ("198.51.100.8", "2001:db8::8")}
    assert names.troubles() == []


def test_no_answer() -> None:
    """The last addresses of a name count, and go on to be remembered."""

    def fail(_name: str) -> Iterable[Address]:
        raise OSError("no such\nname")

    names = NameAddresses(BEFORE, resolve=fail)
    assert names.find("quiet.example.com") == [ip_address("198.51.100.7"), ip_address("2001:db8::7")]
    assert names.find("other.example.com") == []
    assert names.known == {"quiet.example.com": ("198.51.100.7", "2001:db8::7")}
    assert names.troubles() == [
        'quiet.example.com has no answer: "no such\\x0aname"; its last addresses still count',
        'other.example.com has no answer: "no such\\x0aname"; it exempts nobody',
    ]


def test_silence() -> None:
    """One silent name takes all the time there is, and the next is not asked."""
    release, asked = threading.Event(), list[str]()

    def hang(name: str) -> Iterable[Address]:
        asked.append(name)
        release.wait(60)
        return ()

    names = NameAddresses(BEFORE, limit_s=0.05, resolve=hang)
    try:
        assert len(names.find("quiet.example.com")) == 2
        assert names.find("other.example.com") == []
    finally:
        release.set()
    assert asked == ["quiet.example.com"]
    assert names.troubles()[1] == "other.example.com has no answer: DNS took more than 5 s; it exempts nobody"


def test_too_many() -> None:
    """A list of every name there is asks for some."""
    names = NameAddresses({}, resolve=lambda _name: {ip_address("198.51.100.8")})
    found = [names.find(f"n{number}.example.com") for number in range(65)]
    assert (len(found[63]), found[64]) == (1, [])
    assert names.troubles() == ["n64.example.com exempts nobody: more than 64 names are listed"]
