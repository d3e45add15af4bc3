"""What the report action keeps of a ban until there is time for it: one line of JSON in the spool. Pure."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from json.encoder import encode_basestring_ascii as _text
from typing import Any, NamedTuple, Union

#: characters of the matched lines that are kept, from their end: the last line is the one that banned
MATCHES = 1500
_TYPES = ("ban", "unban", "restored")
_NETWORK: dict[str, Callable[[tuple[int, int]], Union[IPv4Network, IPv6Network]]] = {
    "4:": IPv4Network,
    "6:": IPv6Network,
}


class RecordError(ValueError):
    """A line of the spool that is no record: the server was killed while it wrote it."""


class Record(NamedTuple):
    """`type` as in an event; `at` is now, `time` the ticket's; `error`: why the kernel does not hold it."""

    id: str
    type: str
    jail: str
    address: str
    at: float
    time: float
    bantime: int
    failures: int
    matches: str
    error: str

    def to_line(self) -> bytes:
        """Return the line of the spool, with its newline."""
        # a third of the time of json.dumps, and a jail's thread waits for it
        return (
            f"[{_text(self.id)},{_text(self.type)},{_text(self.jail)},{_text(self.address)},{self.at!r},"
            f"{self.time!r},{self.bantime},{self.failures},{_text(self.matches)},{_text(self.error)}]\n"
        ).encode("ascii")


def from_action_info(kind: str, jail: str, info: Any, name: str, at: float, error: str = "") -> Record:
    """Take from fail2ban's ActionInfo what is written to the spool and read again: its address is packed.

    Nothing of `info` may be asked for that resolves names.
    """
    matches = str(info["matches"])[-MATCHES:] if kind != "unban" else ""
    address, time = _pack(info["ip"]), float(info["time"])
    return Record(
        name, kind, jail, address, at, time, int(info["bantime"]), int(info["failures"]), matches, error
    )


def _pack(identity: Any) -> str:
    """Return the number that fail2ban holds: the address as text would take as long as all the rest."""
    family = getattr(identity, "family", None)
    if family == socket.AF_INET:
        return f"4:{identity.addr}/{identity.plen}"
    if family == socket.AF_INET6:
        return f"6:{identity.addr}/{identity.plen}"
    return str(identity)


def _unpack(text: str) -> str:
    if text[:2] not in _NETWORK:
        return text
    number, _, length = text[2:].partition("/")
    network = _NETWORK[text[:2]]((int(number), int(length)))
    is_one = network.prefixlen == network.max_prefixlen
    return str(network.network_address if is_one else network)


def from_line(line: bytes) -> Record:
    """Read a line of the spool; RecordError when it is cut."""
    try:
        name, kind, jail, address, at, time, bantime, failures, matches, error = json.loads(line)
        if kind not in _TYPES:
            raise ValueError(f"type {kind!r}")
        return Record(
            str(name),
            kind,
            str(jail),
            _unpack(str(address)),
            float(at),
            float(time),
            int(bantime),
            int(failures),
            str(matches),
            str(error),
        )
    except (ValueError, TypeError) as problem:
        raise RecordError(f"no record: {problem}") from problem
