"""Ports as people and fail2ban write them: `443`, `ssh`, `80,443`, `6000:6010`, `0:65535`."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Mapping
from typing import Union

#: a single port, or many
Port = Union[int, range]
Ports = tuple[Port, ...]
HIGHEST = 65535
EVERY: Ports = (range(HIGHEST + 1),)
#: a range as iptables has it, or with a hyphen
_RANGE = re.compile(r"(\d{1,5})[:-](\d{1,5})")
#: names in fail2ban's jail.conf, for hosts without /etc/services
_NAMES: Mapping[str, int] = {
    "ftp-data": 20, "ftp": 21, "ssh": 22, "smtp": 25, "domain": 53, "http": 80, "pop3": 110, "imap": 143,
    "imap2": 143, "ldap": 389, "https": 443, "smtps": 465, "ssmtp": 465, "submissions": 465,
    "submission": 587, "ldaps": 636, "ftps-data": 989, "ftps": 990, "imaps": 993, "pop3s": 995,
    "socks": 1080, "mysql": 3306, "sieve": 4190, "sip": 5060, "sips": 5061, "xmpp-client": 5222,
}  # fmt: skip


def read(text: str) -> Ports:
    """The ports of a list with commas or blanks; ValueError names the first word that is none."""
    ports = tuple(_port(word) for word in text.replace(",", " ").split())
    if not ports:
        raise ValueError("at least one port is needed")
    return tuple(dict.fromkeys(ports))


def singles(text: str) -> tuple[int, ...]:
    """The same without ranges."""
    found = read(text)
    if any(isinstance(port, range) for port in found):
        raise ValueError("single ports are needed")
    return tuple(port for port in found if isinstance(port, int))


def list_queries(ports: Ports) -> tuple[int, ...]:
    """The local ports by which the kernel is asked for sockets: 0, which is each, for a range."""
    return tuple(dict.fromkeys(0 if isinstance(port, range) else port for port in ports))


def _port(word: str) -> Port:
    many = _RANGE.fullmatch(word)
    if many:
        first, last = int(many[1]), int(many[2])
        if not first <= last <= HIGHEST:
            raise ValueError(f"{word} is no range of ports")
        return range(first, last + 1)
    port = int(word) if word.isdecimal() else _find(word)
    if not 0 < port <= HIGHEST:
        raise ValueError(f"{word} is no port")
    return port


def _find(name: str) -> int:
    for protocol in ("tcp", "udp"):
        with contextlib.suppress(OSError):
            return socket.getservbyname(name, protocol)
    if name not in _NAMES:
        raise ValueError(f"{name} is no port, and no name in /etc/services")
    return _NAMES[name]
