"""One row for each ban of fail2ban and each element of the kernel, with what differs. Pure."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from typing import NamedTuple, Optional

from ideolab_f2b.bans.jail_bans import AS, Ban, JailBans
from ideolab_f2b.firewall.drift import EXPIRED, compare
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.notation import as_number

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
    #: what an AS holds
    prefixes: tuple[Key, ...] = ()

    @property
    def address(self) -> str:
        """The address, network or AS as fail2ban writes it."""
        version, number, prefix = self.key
        if version == AS:
            return as_number.text(number)
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
    numbers = [_of_as(jail, key, ban, elements, now) for key, ban in jail.bans.items() if key[0] == AS]
    bans = {key: ban for key, ban in jail.bans.items() if key[0] != AS}
    drift = compare({key: _left_s(ban, now) for key, ban in bans.items()}, elements)
    states = {**dict.fromkeys(drift.missing, MISSING), **dict.fromkeys(drift.short, SHORT)}
    return [
        *numbers,
        *(
            BanRow(key, states.get(key, OK), jail.name, jail.set, ban, key in elements, elements.get(key))
            for key, ban in bans.items()
        ),
    ]


def _of_as(jail: JailBans, key: Key, ban: Ban, elements: Elements, now: float) -> BanRow:
    """Return one row for all elements of an AS: what is wrong with one is wrong with the ban."""
    prefixes = jail.prefixes.get(key, ())
    drift = compare(dict.fromkeys(prefixes, _left_s(ban, now)), elements)
    # without a table nobody knows what to put back
    state = MISSING if drift.missing or not prefixes else SHORT if drift.short else OK
    there = [elements[one] for one in prefixes if one in elements]
    times = [left_s for left_s in there if left_s is not None]
    is_whole = bool(there) and len(there) == len(prefixes)
    return BanRow(key, state, jail.name, jail.set, ban, is_whole, min(times, default=None), prefixes)


def _left_s(ban: Ban, now: float) -> int:
    if ban.until is None:
        return 0
    return max(1, int(ban.until - now)) if ban.until > now else EXPIRED


def _stale(name: str, users: Collection[JailBans], elements: Elements) -> list[BanRow]:
    is_unsure = any(jail.queued or jail.has_unknown for jail in users)
    state = OK if is_unsure else STALE
    owner = next(iter(users)).name
    held = {key for jail in users for key in jail.bans}
    held.update(key for jail in users for prefixes in jail.prefixes.values() for key in prefixes)
    return [
        BanRow(key, state, owner, name, None, True, left_s)
        for key, left_s in elements.items()
        if key not in held
    ]
