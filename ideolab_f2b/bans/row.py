"""fail2ban's bans and the kernel's elements side by side. Pure."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from typing import NamedTuple, Optional

from ideolab_f2b.bans.held import Ban, Jail
from ideolab_f2b.firewall.drift import EXPIRED, compare
from ideolab_f2b.kernel.ipset.element import Key

OK, MISSING, SHORT, STALE = "ok", "missing", "short", "stale"
#: a jail whose bans are no elements of ours; an element while fail2ban is down
ELSEWHERE, UNWATCHED = "elsewhere", "unwatched"
DRIFT = (MISSING, SHORT, STALE)

#: {network: seconds left to the element, None when it stays}
Elements = Mapping[Key, Optional[int]]


class Row(NamedTuple):
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
        """As fail2ban writes it."""
        version, number, prefix = self.key
        family, length = (socket.AF_INET, 4) if version == 4 else (socket.AF_INET6, 16)
        text = socket.inet_ntop(family, number.to_bytes(length, "big"))
        return text if prefix == 8 * length else f"{text}/{prefix}"

    @property
    def is_drift(self) -> bool:
        return self.state in DRIFT


def rows(jails: Collection[Jail], sets: Mapping[str, Elements], now: float) -> list[Row]:
    """Of all jails; `sets` has both families of a set under its IPv4 name."""
    found = [row for jail in jails for row in _of_jail(jail, sets.get(jail.set or "", {}), now)]
    by_set: dict[str, list[Jail]] = {}
    for jail in jails:
        if jail.set is not None:
            by_set.setdefault(jail.set, []).append(jail)
    for name, users in by_set.items():
        found += _stale(name, users, sets.get(name, {}))
    return found


def unwatched(sets: Mapping[str, Elements]) -> list[Row]:
    """The elements of a host whose fail2ban is down."""
    return [
        Row(key, UNWATCHED, set=name, in_kernel=True, element_s=left_s)
        for name, elements in sets.items()
        for key, left_s in elements.items()
    ]


def confirmed(before: Collection[Row], after: Collection[Row]) -> list[Row]:
    """The rows of the later look; what differed only there was a ban that was just being made or lifted."""
    known = {(row.key, row.jail, row.set, row.state) for row in before if row.is_drift}
    return [
        row
        if not row.is_drift or (row.key, row.jail, row.set, row.state) in known
        else row._replace(state=OK)
        for row in after
    ]


def _of_jail(jail: Jail, elements: Elements, now: float) -> list[Row]:
    if jail.set is None:
        return [Row(key, ELSEWHERE, jail.name, None, ban) for key, ban in jail.bans.items()]
    drift = compare({key: _left_s(ban, now) for key, ban in jail.bans.items()}, elements)
    states = {**dict.fromkeys(drift.missing, MISSING), **dict.fromkeys(drift.short, SHORT)}
    return [
        Row(key, states.get(key, OK), jail.name, jail.set, ban, key in elements, elements.get(key))
        for key, ban in jail.bans.items()
    ]


def _left_s(ban: Ban, now: float) -> int:
    if ban.until is None:
        return 0
    return max(1, int(ban.until - now)) if ban.until > now else EXPIRED


def _stale(name: str, users: Collection[Jail], elements: Elements) -> list[Row]:
    state = OK if any(jail.queued for jail in users) else STALE
    owner = next(iter(users)).name
    return [
        Row(key, state, owner, name, None, True, left_s)
        for key, left_s in elements.items()
        if not any(key in jail.bans for jail in users)
    ]
