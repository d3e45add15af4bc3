"""The options of the ban action: strings of jail.conf -> frozen values; a bad one is told, never raised."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Callable, Optional

from ideolab_f2b import config
from ideolab_f2b.firewall import names
from ideolab_f2b.kernel.ipset.element import Network


@dataclass(frozen=True)
class Options:
    """What action.d/ideolab-ban.py documents."""

    set: str = ""
    ports: tuple[int, ...] = (443,)
    maxelem: int = 131072
    keep_on_stop: bool = True
    kill: bool = True
    latency: str = "default"
    allow: tuple[Network, ...] = ()
    allow_file: str = "/etc/ideolab/never-ban"
    #: local ports on which a login protects its address; None = each port
    ssh_ports: Optional[tuple[int, ...]] = None
    #: the directory that the installer makes for what fail2ban-server keeps
    state: Path = config.SERVER_STATE
    min_prefix4: int = 16
    min_prefix6: int = 32


def parse(jail: str, given: Mapping[str, Any]) -> tuple[Options, list[str]]:
    """The options, and a complaint for each that is unknown or bad; the default stands in for those."""
    values: dict[str, Any] = {"set": names.default_set(jail)}
    complaints = []
    for name, text in given.items():
        read = _READ.get(name)
        if read is None:
            complaints.append(f"option {name!r} is unknown; known are {', '.join(sorted(_READ))}")
            continue
        try:
            values[name] = read(str(text).strip())
        except (ValueError, OSError) as error:
            standing = values.get(name, getattr(Options, name))
            complaints.append(f"option {name} = {text!r}: {error}; {standing!r} is used")
    return Options(**values), complaints


def _ports(text: str) -> tuple[int, ...]:
    ports = tuple(_port(word) for word in text.replace(",", " ").split())
    if not ports:
        raise ValueError("at least one port is needed")
    return tuple(dict.fromkeys(ports))


def _ssh_ports(text: str) -> Optional[tuple[int, ...]]:
    if text == "all":
        return None
    return () if text in ("", "none") else _ports(text)


def _port(word: str) -> int:
    port = int(word) if word.isdecimal() else socket.getservbyname(word, "tcp")
    if not 0 < port < 65536:
        raise ValueError(f"{word} is no port")
    return port


def _flag(text: str) -> bool:
    flags = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False}
    try:
        return {**flags, "off": False}[text.lower()]
    except KeyError:
        raise ValueError("yes or no is needed") from None


def _latency(text: str) -> str:
    if text not in ("default", "low"):
        raise ValueError("default or low is needed")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(word, strict=False) for word in text.replace(",", " ").split())


def _path_or_none(text: str) -> str:
    if text in ("", "none"):
        return ""
    if not text.startswith("/"):
        raise ValueError("an absolute path or none is needed")
    return text


def _directory(text: str) -> Path:
    if not text.startswith("/"):
        raise ValueError("an absolute path is needed")
    return Path(text)


def _number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not lowest <= number <= highest:
            raise ValueError(f"a number from {lowest} to {highest} is needed")
        return number

    return read


_READ: Mapping[str, Callable[[str], Any]] = {
    "set": names.require_jail_set,
    "ports": _ports,
    "maxelem": _number(64, 16_777_216),
    "keep_on_stop": _flag,
    "kill": _flag,
    "latency": _latency,
    "allow": _networks,
    "allow_file": _path_or_none,
    "ssh_ports": _ssh_ports,
    "state": _directory,
    "min_prefix4": _number(1, 32),
    "min_prefix6": _number(1, 128),
}
