"""What fail2ban holds: asked of each jail, of our action where the jail has it."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any, NamedTuple, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.kernel.ipset.element import Key, key_of
from ideolab_f2b.places import ACTION, ALL_JAILS

PERMANENT = -1
#: fail2ban answers one question at a time; most of a question is the start of fail2ban-client
_QUESTIONS = 4


class UnknownJailError(ValueError):
    """fail2ban runs no jail of that name."""


class Ban(NamedTuple):
    """`since` is epoch seconds, `bantime` seconds, -1 for ever."""

    since: float
    bantime: float

    @property
    def until(self) -> Optional[float]:
        """Epoch seconds; None for ever."""
        return None if self.bantime < 0 else self.since + self.bantime


@dataclass(frozen=True)
class Jail:
    """`set` is its kernel set for IPv4, None where the jail has no action of ours; `queued` while it
    restores its bans."""

    name: str
    set: Optional[str]
    queued: bool
    bans: dict[Key, Ban]


def jails(only: Optional[str] = None) -> list[Jail]:
    """Of the server, by name. ClientError when it is down or does not answer us, UnknownJailError."""
    names = sorted(fail2ban_client.jails())
    if only is not None:
        if only not in names:
            raise UnknownJailError(f"no jail {only!r} runs; there are {', '.join(names) or 'none'}")
        names = [only]
    with ThreadPoolExecutor(_QUESTIONS) as pool:
        return list(pool.map(jail, names))


def jail(name: str) -> Jail:
    """One jail; by its list of bans alone where it has no action of ours, or an older one."""
    # asked first: fail2ban writes each failed question into its log
    is_ours = name in ALL_JAILS or ACTION in fail2ban_client.actions(name)
    if is_ours:
        with contextlib.suppress(fail2ban_client.ClientError):
            return parse(name, fail2ban_client.ask("get", name, "action", ACTION, "bans"))
    stats = (fail2ban_client.stats(name, ACTION) if is_ours else None) or {}
    bans = dict(parse_list(fail2ban_client.ask("get", name, "banip", "--with-time")))
    return Jail(name, stats.get("set"), False, bans)


def parse(name: str, text: str) -> Jail:
    """What our action tells; ValueError for anything else."""
    try:
        told = json.loads(text)
        return Jail(name, str(told["set"]), bool(told["queued"]), dict(_bans(told["bans"])))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"jail {name}: {ACTION} told no list of bans ({error!r})") from error


def _bans(rows: Iterable[Any]) -> Iterable[tuple[Key, Ban]]:
    for text, since, bantime in rows:
        key = key_of_text(text)
        if key is not None:
            yield key, Ban(float(since), float(bantime))


def parse_list(text: str) -> Iterable[tuple[Key, Ban]]:
    r"""`198.51.100.7 \t2026-11-22 14:52:01 + 600 = 2026-11-22 15:02:01` in local time; skips other lines."""
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
    """The numbers of an address or network; None for what is neither (`banip 600`)."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        packed = socket.inet_pton(family, text)
        return (4 if len(packed) == 4 else 6), int.from_bytes(packed, "big"), 8 * len(packed)
    except OSError:
        pass
    try:
        return key_of(ip_network(text, strict=False))
    except ValueError:
        return None
