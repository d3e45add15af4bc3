"""Reads addresses and networks as people write them; what means none is named, with what to write."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network, summarize_address_range
from itertools import islice
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.notation import as_number, networks

#: in place of an address: read them from standard input
STDIN = "-"
#: characters that are read from standard input, at most
_INPUT = 4 << 20
#: characters of a wrong word that an error shows
_SHOWN = 60
#: networks of a range that an error names
_NAMED = 4
_AS = re.compile(r"AS ?[0-9]+", re.IGNORECASE)
_BRACKETS = re.compile(r"\[([^\[\]]*)\](/[0-9]+)?(:[0-9]+)?", re.ASCII)
_PORT = re.compile(r"([0-9.]+):[0-9]+", re.ASCII)
_RANGE = re.compile(r"([0-9a-f.:]+)-([0-9a-f.:]+)", re.ASCII | re.IGNORECASE)
#: 198.51.100. and 198.51.100.*
_STARS = re.compile(r"((?:[0-9]{1,3}\.){1,3})(?:\*(?:\.\*){0,2})?", re.ASCII)
_ZERO = re.compile(r"(?:^|[.:])0[0-9]+(?=\.)|\.0[0-9]+(?=/|$)", re.ASCII)
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?", re.ASCII | re.IGNORECASE)


class GivenAddress(NamedTuple):
    """One address as somebody wrote it: its network, or None and the reason why it means none.

    `number` is that of an AS, where the verb takes one.
    """

    text: str
    network: Optional[Network]
    reason: str = ""
    number: Optional[int] = None


def read_all(words: Iterable[str], *, with_as: bool = False) -> list[GivenAddress]:
    """Read each word, and `-` as all of standard input; whoever is named twice is there once."""
    found: dict[object, GivenAddress] = {}
    for text in _split(words):
        try:
            one = _read_as(text) if with_as and _AS.fullmatch(text) else GivenAddress(text, read(text))
        except ValueError as error:
            one = GivenAddress(_show(text), None, str(error))
        found.setdefault(one.network or one.text, one)
    return list(found.values())


def _read_as(text: str) -> GivenAddress:
    number = as_number.parse(text.replace(" ", ""))
    return GivenAddress(as_number.text(number), None, number=number)


def _split(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        lines = sys.stdin.read(_INPUT).split("\n") if word == STDIN else [word]
        for line in lines:
            # an AS number may stand apart from its AS, and nothing else has a blank
            plain = line.partition("#")[0].strip("\ufeff \t\r")
            yield from [plain] if _AS.fullmatch(plain) else filter(None, re.split(r"[\s,;]+", plain))


def _show(text: str) -> str:
    shown = text.encode("ascii", "backslashreplace").decode()
    return shown if len(shown) <= _SHOWN and shown.isprintable() else repr(shown[:_SHOWN])


def read(text: str) -> Network:
    """Return the network that a text means; ValueError says why it means none. No name is looked up."""
    plain = _open_brackets(text)
    for refuse in (_refuse_other_kinds, _refuse_ranges, _refuse_zeros):
        refuse(plain)
    try:
        network = ip_network(plain)
    except ValueError:
        raise ValueError(_explain(plain)) from None
    # what a log writes of an IPv4 client of an IPv6 socket: its packets are IPv4
    return networks.unmap(network)


def _open_brackets(text: str) -> str:
    found = _BRACKETS.fullmatch(text)
    if found is None:
        return text
    if found[3]:
        raise ValueError(f"it has a port: write {_show(found[1])}")
    return found[1] + (found[2] or "")


def _refuse_other_kinds(text: str) -> None:
    if _AS.fullmatch(text):
        raise ValueError("this verb takes no AS number")
    if "://" in text:
        raise ValueError("it is a URL: write the address of its host")
    if "%" in text:
        raise ValueError("write the address without its interface")
    found = _PORT.fullmatch(text)
    if found:
        raise ValueError(f"it has a port: write {found[1]}")


def _refuse_ranges(text: str) -> None:
    found = _RANGE.fullmatch(text)
    if found is None:
        return
    try:
        ends = ip_address(found[1]), ip_address(found[2])
        # lazily: a range can be of a hundred networks
        some = list(islice(summarize_address_range(*ends), _NAMED + 1))
    except (TypeError, ValueError):
        return
    names = " ".join(map(str, some[:_NAMED]))
    raise ValueError(f"it is a range: write {names}{' and so on' if len(some) > _NAMED else ''}")


def _refuse_zeros(text: str) -> None:
    # Python before 3.9.5 takes 010.0.0.1 for 10.0.0.1, ping for 8.0.0.1: nothing is guessed
    if _ZERO.search(text):
        raise ValueError("a zero stands in front of a number: leave it out")


def _explain(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
        alone = text.partition("/")[0]
        return f"it has host bits: write {network} for the network, {alone} for the address"
    except ValueError:
        pass
    stars = _STARS.fullmatch(text)
    if stars:
        parts = stars[1].rstrip(".").split(".")
        return f"it is no network: write {'.'.join([*parts, *['0'] * (4 - len(parts))])}/{8 * len(parts)}"
    if _NAME.fullmatch(text) and re.search("[a-z]", text, re.IGNORECASE):
        return "no address and no network; names are not looked up: write the address"
    return "no address and no network"
