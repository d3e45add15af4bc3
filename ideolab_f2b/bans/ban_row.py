"""One row for each ban of fail2ban and each element of the kernel, with what differs. Pure."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from typing import NamedTuple, Optional

from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.firewall.drift import EXPIRED, compare
from ideolab_f2b.kernel.ipset.element import Key

OK = "ok"
MISSING = "missing"
#: the element ends before the ban
SHORT = "short"
#: an element without a ban, or of no jail that runs
STALE = "stale"
#: a ban of a jail that has no kernel set of ours
ELSEWHERE = "elsewhere"
#: an element of no jail that is known: fail2ban is down, or a jail does not tell its set
UNWATCHED = "unwatched"
DRIFT = (MISSING, SHORT, STALE)

#: {network: seconds left to the element, None when it stays}
Elements = Mapping[Key, Optional[int]]


class BanRow(NamedTuple):
    """One ban, one element, or (nearly always) both."""

    key: Key
    state: str
    jail: Optional[str] = None
    set: Optional[str] = None
    ban: Optional[Ban] = None
    in_kernel: bool = False
    #: seconds left to the element, None when it stays or is not there
    element_s: Optional[int] = None

    @property
    def address(self) -> str:
        """The address or network as fail2ban writes it."""
        version, number, prefix = self.key
        family, length = (socket.AF_INET, 4) if version == 4 else (socket.AF_INET6, 16)
        text = socket.inet_ntop(family, number.to_bytes(length, "big"))
        return text if prefix == 8 * length else f"{text}/{prefix}"

    @property
    def is_drift(self) -> bool:
        """Whether fail2ban and the kernel differ."""
        return self.state in DRIFT


def rows(jails: Collection[JailBans], sets: Mapping[str, Elements], now: float) -> list[BanRow]:
    """Return the rows of all jails; `sets` has both families of a set under its IPv4 name."""
    found = [row for jail in jails for row in _of_jail(jail, sets.get(jail.set or "", {}), now)]
    by_set: dict[str, list[JailBans]] = {}
    for jail in jails:
        if jail.set is not None:
            by_set.setdefault(jail.set, []).append(jail)
    for name, users in by_set.items():
        found += _stale(name, users, sets.get(name, {}))
    return found


def rows_without_jail(sets: Mapping[str, Elements], state: str) -> list[BanRow]:
    """Return a row for each element of these sets: STALE where no jail has them, UNWATCHED where one may."""
    return [
        BanRow(key, state, set=name, in_kernel=True, element_s=left_s)
        for name, elements in sets.items()
        for key, left_s in elements.items()
    ]


def confirm(before: Collection[BanRow], after: Collection[BanRow]) -> list[BanRow]:
    """Return the later rows; one that did not differ before is ok: its ban was just being made or lifted."""
    known = {(row.key, row.jail, row.set, row.state) for row in before if row.is_drift}
    return [
        row
        if not row.is_drift or (row.key, row.jail, row.set, row.state) in known
        else row._replace(state=OK)
        for row in after
    ]


def _of_jail(jail: JailBans, elements: Elements, now: float) -> list[BanRow]:
    if jail.set is None:
        return [BanRow(key, ELSEWHERE, jail.name, None, ban) for key, ban in jail.bans.items()]
    drift = compare({key: _left_s(ban, now) for key, ban in jail.bans.items()}, elements)
    states = {**dict.fromkeys(drift.missing, MISSING), **dict.fromkeys(drift.short, SHORT)}
    return [
        BanRow(key, states.get(key, OK), jail.name, jail.set, ban, key in elements, elements.get(key))
        for key, ban in jail.bans.items()
    ]


def _left_s(ban: Ban, now: float) -> int:
    if ban.until is None:
        return 0
    return max(1, int(ban.until - now)) if ban.until > now else EXPIRED


def _stale(name: str, users: Collection[JailBans], elements: Elements) -> list[BanRow]:
    state = OK if any(jail.queued for jail in users) else STALE
    owner = next(iter(users)).name
    return [
        BanRow(key, state, owner, name, None, True, left_s)
        for key, left_s in elements.items()
        if not any(key in jail.bans for jail in users)
    ]
