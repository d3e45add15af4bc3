"""The options of the ban action: strings of jail.conf -> frozen values; a bad one is told, never raised."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from ideolab_f2b import config
from ideolab_f2b.actions import ports
from ideolab_f2b.actions.aggregate import eligible
from ideolab_f2b.actions.ports import EVERY, Ports
from ideolab_f2b.firewall import chains, names
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.logline import quote
from ideolab_f2b.notation import setting_types, word_list
from ideolab_f2b.notation.word_list import NOTHING, WordList

#: what fail2ban hands to each banaction, and what only iptables needs
IGNORED = frozenset(
    ("name", "chain", "bantime", "returntype", "lockingopt", "actionstart_on_demand", "actionrepair_on_unban")
)
#: who is allowed in a jail that must ban nobody
EVERYBODY = word_list.parse("0.0.0.0/0 ::/0")
_PROTOCOL = re.compile(r"[a-z0-9-]{1,20}")


@dataclass(frozen=True)
class Options:
    """What action.d/ideolab-ban.py documents."""

    set: str = ""
    #: what holds the elements; None = what [firewall] of f2b.conf says
    backend: Optional[str] = None
    #: all ports, or those of the jail
    scope: str = "all"
    ports: Ports = (443,)
    #: those of the jail
    protocol: tuple[str, ...] = ("tcp",)
    maxelem: int = 131072
    keep_on_stop: bool = True
    #: where the DROP rule stands, which is one for all jails
    hook: str = chains.DEFAULT
    kill: bool = True
    latency: str = "default"
    allow: WordList = NOTHING
    allow_file: str = "/etc/ideolab/never-ban"
    #: local ports on which a login protects its address; None = each port
    ssh_ports: Optional[tuple[int, ...]] = None
    #: the directory that the installer makes for what fail2ban-server keeps
    state: Path = config.SERVER_STATE
    #: what the tickets of the jail are: addresses, or AS numbers
    tickets: str = "addresses"
    #: IPv4 addresses and IPv6 /64 that an AS may have; None = what [asn] of f2b.conf says
    cap: Optional[tuple[int, int]] = None
    min_prefix4: int = 16
    min_prefix6: int = 32
    #: the banned share of a prefix from which the prefix is banned too; 0 = never
    aggregate: float = 0.0

    @property
    def port_scope(self) -> Optional[PortScope]:
        """What is dropped of a banned peer; None = all."""
        return PortScope(self.protocol, self.ports) if self.scope == "port" else None


def merge(first: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a jail that names the action twice: once for tcp, once for udp."""
    joined = {
        name: f"{first[name]},{other[name]}"
        for name in ("port", "ports", "protocol")
        if name in first and name in other
    }
    return {**first, **other, **joined}


def parse(jail: str, given: Mapping[str, Any]) -> tuple[Options, list[str]]:
    """The options, and a complaint for each that is unknown or bad; the default stands in for those."""
    values: dict[str, Any] = {"set": names.default_set(jail)}
    complaints = []
    for name, text in given.items():
        if name in IGNORED or (name == "port" and "ports" in given):
            continue
        read = _READ.get(name)
        if read is None:
            complaints.append(f"option {name!r} is unknown; known are {', '.join(sorted(_READ))}")
            continue
        field = _FIELDS.get(name, name)
        try:
            values[field] = read(str(text).strip())
        except (ValueError, OSError) as error:
            # of fail2ban's own port: each is the port of some service that is attacked
            standing = values.setdefault(field, EVERY if name == "port" else _DEFAULTS[field])
            complaints.append(f"option {name} = {text!r}: {error}; {standing!r} is used")
    problems = values.get("allow", NOTHING).problems
    complaints += [f"option allow: {quote(each.word)} is no address and no host name" for each in problems]
    if values.pop("is_inverted", False):
        values["allow"] = EVERYBODY
        complaints.append(
            "a jail that lets in whom it finds (blocktype) bans nobody with this action; "
            "give it banaction = iptables-multiport"
        )
    if values.get("scope") == "port" and not {"tcp", "all"}.intersection(values.get("protocol", ("tcp",))):
        # sockets are those of tcp, which still gets through
        values["kill"] = False
    if values.get("tickets") == "as":
        # an AS has networks of any width, and a cap of addresses
        values.update(min_prefix4=1, min_prefix6=1)
    if values.get("aggregate"):
        why = eligible.find_refusal(jail, values.get("protocol", ("tcp",)))
        if why is not None:
            values["aggregate"] = 0.0
            complaints.append(f"option aggregate: {why}; off is used")
    return Options(**values), complaints


def _ssh_ports(text: str) -> Optional[tuple[int, ...]]:
    if text == "all":
        return None
    return () if text in ("", "none") else ports.singles(text)


def _protocols(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(text.lower().replace(",", " ").split()))
    if not words or not all(map(_PROTOCOL.fullmatch, words)):
        raise ValueError("names of protocols are needed")
    return words


def _is_inverted(text: str) -> bool:
    return text.split()[:1] in (["RETURN"], ["ACCEPT"])


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


def _tickets(text: str) -> str:
    if text not in ("addresses", "as"):
        raise ValueError("addresses or as is needed")
    return text


def _cap(text: str) -> Optional[tuple[int, int]]:
    words = text.replace(",", " ").split()
    if len(words) not in (0, 2):
        raise ValueError("two numbers are needed: IPv4 addresses and /64 of IPv6")
    return (setting_types.read_cap(words[0]), setting_types.read_cap(words[1])) if words else None


def _backend(text: str) -> Optional[str]:
    return setting_types.read_backend(text) if text else None


def _scope(text: str) -> str:
    if text not in ("all", "port"):
        raise ValueError("all or port is needed")
    return text


def _hook(text: str) -> str:
    if text not in chains.HOOKS:
        raise ValueError(f"{' or '.join(chains.HOOKS)} is needed")
    return text


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


def _share(text: str) -> float:
    if text in ("", "off", "no"):
        return 0.0
    share = float(text)
    # not a comparison that lets nan through
    if not 0.05 <= share <= 1:
        raise ValueError("off or a share from 0.05 to 1 is needed")
    return share


def _number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not lowest <= number <= highest:
            raise ValueError(f"a number from {lowest} to {highest} is needed")
        return number

    return read


_READ: Mapping[str, Callable[[str], Any]] = {
    "set": names.require_jail_set,
    "scope": _scope,
    "ports": ports.read,
    "port": ports.read,
    "protocol": _protocols,
    "allow": word_list.parse,
    "backend": _backend,
    "maxelem": _number(64, 16_777_216),
    "keep_on_stop": _flag,
    "hook": _hook,
    "kill": _flag,
    "latency": _latency,
    "allow_file": _path_or_none,
    "ssh_ports": _ssh_ports,
    "state": _directory,
    "min_prefix4": _number(1, 32),
    "min_prefix6": _number(1, 128),
    "tickets": _tickets,
    "cap": _cap,
    "aggregate": _share,
    "blocktype": _is_inverted,
}
#: options that have another name in here
_FIELDS = {"port": "ports", "blocktype": "is_inverted"}
#: the options that are read
KNOWN = frozenset(_READ)
_DEFAULTS = {each.name: each.default for each in dataclasses.fields(Options)}
