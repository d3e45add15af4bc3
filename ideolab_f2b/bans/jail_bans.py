"""The bans that fail2ban holds: our ban action knows more of them than fail2ban's own list."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network
from typing import Any, NamedTuple, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.kernel.ipset.element import Key, key_of
from ideolab_f2b.notation import as_number
from ideolab_f2b.places import ACTION, ALL_JAILS, ASN

#: in place of an IP version: the ban of an AS, whose number stands in place of an address
AS = 0
#: fail2ban answers one at a time; where its socket is not the usual one, most of a question is a program
_QUESTIONS = 4


class UnknownJailError(ValueError):
    """fail2ban runs no jail of that name."""


class Ban(NamedTuple):
    """When a ban began and how long it lasts: epoch seconds and seconds, -1 for ever."""

    since: float
    bantime: float

    @property
    def until(self) -> Optional[float]:
        """When the ban ends, in epoch seconds; None for ever."""
        return None if self.bantime < 0 else self.since + self.bantime


@dataclass(frozen=True)
class JailBans:
    """The bans of one jail.

    `set` is its kernel set for IPv4, None where the jail has no action of ours, or one that does not
    tell (`is_silent`); `queued` while it restores its bans.
    """

    name: str
    set: Optional[str]
    queued: bool
    bans: dict[Key, Ban]
    is_silent: bool = False
    #: what is dropped, such as "80,443/tcp"; None = all
    ports: Optional[str] = None
    #: what holds the set: "ipset" or "nft"; an older action has no other one than ipset
    backend: str = "ipset"
    #: {ban of an AS: the networks that it holds}
    prefixes: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)

    @property
    def has_unknown(self) -> bool:
        """Whether an AS is banned whose networks are not known: any element may be one of them."""
        return any(key[0] == AS and key not in self.prefixes for key in self.bans)


def ask_all(only: Optional[str] = None) -> list[JailBans]:
    """Ask for the bans of all jails, or of `only`; ClientError when there is no answer, UnknownJailError."""
    names = sorted(fail2ban_client.jails())
    if only is not None:
        if only not in names:
            raise UnknownJailError(f"no jail {only!r} runs; there are {', '.join(names) or 'none'}")
        names = [only]
    with ThreadPoolExecutor(_QUESTIONS) as pool:
        return list(pool.map(ask, names))


def ask(name: str) -> JailBans:
    """Ask one jail for its bans; without our action, or with an older one, read its list of bans alone."""
    # asked first: fail2ban writes each failed question into its log
    action = ACTION if name in ALL_JAILS else fail2ban_client.find_action(name, ACTION)
    if action:
        with contextlib.suppress(fail2ban_client.ClientError):
            return parse(name, fail2ban_client.ask_action(name, action, "bans"))
    stats = (fail2ban_client.stats(name, action) if action else None) or {}
    bans = dict(parse_list(fail2ban_client.ban_times(name)))
    silent, backend = bool(action) and "set" not in stats, str(stats.get("backend", JailBans.backend))
    return JailBans(name, stats.get("set"), False, bans, silent, backend=backend)


def ask_as(options: tuple[str, ...] = ()) -> Optional[JailBans]:
    """Return what the jail of AS numbers holds; None where it does not run, or does not tell."""
    if ASN not in fail2ban_client.jails(options):
        return None
    with contextlib.suppress(fail2ban_client.ClientError, ValueError):
        text = fail2ban_client.ask("get", ASN, "action", ACTION, "bans", options=options)
        return parse(ASN, text)
    return None


def parse(name: str, text: str) -> JailBans:
    """Read the answer of our ban action; ValueError for anything else."""
    try:
        answer = json.loads(text)
        # an older action has none
        ports = answer.get("ports")
        ports = None if ports is None else str(ports)
        bans = dict(_bans(answer["bans"]))
        backend = str(answer.get("backend", JailBans.backend))
        prefixes = dict(_prefixes(answer.get("prefixes") or {}))
        queued = bool(answer["queued"])
        return JailBans(name, str(answer["set"]), queued, bans, False, ports, backend, prefixes)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"jail {name}: {ACTION} answered without a list of bans ({error!r})") from error


def _bans(rows: Iterable[Any]) -> Iterable[tuple[Key, Ban]]:
    for text, since, bantime in rows:
        key = key_of_text(text)
        if key is not None:
            yield key, Ban(float(since), float(bantime))


def _prefixes(answer: Mapping[str, Optional[Iterable[str]]]) -> Iterable[tuple[Key, tuple[Key, ...]]]:
    for name, networks in answer.items():
        key = key_of_text(name)
        # null: the table of AS numbers is missing
        if key is not None and networks is not None:
            yield key, tuple(one for one in map(key_of_text, networks) if one is not None)


def parse_list(text: str) -> Iterable[tuple[Key, Ban]]:
    r"""Read the list of `get JAIL banip --with-time`, in local time; lines of another form are skipped."""
    for line in text.splitlines():
        words = line.split()
        key = key_of_text(words[0]) if len(words) == 8 else None
        if key is None:
            continue
        try:
            since = datetime.fromisoformat(f"{words[1]} {words[2]}").timestamp()
            yield key, Ban(since, float(words[4]))
        except ValueError:
            continue


def key_of_text(text: str) -> Optional[Key]:
    """Return the key of an address, network or AS; None for what is none of them (`banip 600`)."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        packed = socket.inet_pton(family, text)
        return (4 if len(packed) == 4 else 6), int.from_bytes(packed, "big"), 8 * len(packed)
    except OSError:
        pass
    try:
        return key_of(ip_network(text, strict=False))
    except ValueError:
        return _key_of_as(text)


def _key_of_as(text: str) -> Optional[Key]:
    try:
        return AS, as_number.parse(text), 0
    except ValueError:
        return None
