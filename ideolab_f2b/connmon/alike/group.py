"""Finds addresses that are one attacker: one TCP or network, one fault, a large part of all slots. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from ideolab_f2b.connmon.alike.client import Group, SlotClient
from ideolab_f2b.connmon.suspects.network import format_name, networks_of
from ideolab_f2b.connmon.suspects.suspect import Cluster

#: addresses; fewer are no attack that only their number explains
LEAST = 30
#: part of all slots that the faults of a group take
LARGE = 4
#: part of those with one key in one network that may be answered: otherwise it is a carrier's bad day
ANSWERED = 8
#: part of the slots with the key, or in the network, that the faults take: otherwise they are a crowd's share
CONCENTRATED = 2
#: part of those that wait, whoever keeps them waiting, that may wait for us: the application may be slow
WAITING = 3
#: the same where requests count of which more came only once: visitors ask again, but never all of them
WAITING_EARLY = 8

_MEANING = {
    "partial-hello": "half hellos",
    "trickle": "requests that they do not finish",
    "slow-read": "answers that they do not take",
    "mute": "connections without a byte",
    "handshake-only": "connections that ask for nothing",
}


class _Placed(NamedTuple):
    """A client, its network key, and the names of its networks."""

    client: SlotClient
    key: str
    networks: Sequence[str]

    @property
    def labels(self) -> Iterator[str]:
        """What it may have in common with others."""
        yield from (self.key, *self.networks)
        yield from (f"{self.key} in {network}" for network in self.networks)


def find_groups(
    clients: Iterable[SlotClient], keys: Mapping[bytes, str], systems: Mapping[bytes, str]
) -> dict[bytes, Group]:
    """Return {address: its group} of those that are one attacker.

    `keys` are the network keys of addresses, `systems` the numbers of their autonomous systems, as far as
    these are known.
    """
    placed = [_place(one, keys, systems) for one in clients if one.address in keys]
    slots = sum(one.client.slots for one in placed)
    found: dict[bytes, Group] = {}
    for crowd, waiting in (
        # a slow application is no excuse for half a hello
        ([_forgive(one, one.client.requests) for one in placed], 0),
        ([_forgive(one, one.client.early) for one in placed], WAITING),
        (placed, WAITING_EARLY),
    ):
        at_fault = list(_find_members(crowd))
        for is_silent in (False, True):
            alike = [one for one in at_fault if one.client.is_silent is is_silent]
            for members, label in _find_alike(alike, crowd, slots, waiting):
                group = _describe(members, label, slots, is_silent)
                for one in members:
                    found.setdefault(one.address, group)
    return found


def _forgive(one: _Placed, requests: int) -> _Placed:
    """Count so many of the requests that do not end as such that wait for us."""
    if not requests:
        return one
    faults, waiting = one.client.faults - requests, one.client.waiting + requests
    return one._replace(client=one.client._replace(faults=faults, waiting=waiting))


def _place(client: SlotClient, keys: Mapping[bytes, str], systems: Mapping[bytes, str]) -> _Placed:
    networks = [format_name(name) for name in networks_of(client.address)]
    if client.address in systems:
        networks.append(f"AS{systems[client.address]}")
    return _Placed(client, keys[client.address], networks)


def _find_members(placed: Collection[_Placed]) -> Iterator[_Placed]:
    """Yield those at fault, but for those whose likes in the same network are answered."""
    everybody, answered = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in placed:
        likes = list(product((one.key,), one.networks))
        everybody.update(likes)
        if one.client.is_answered:
            answered.update(likes)
    for one in placed:
        likes = list(product((one.key,), one.networks))
        if one.client.faults and all(answered[like] * ANSWERED < everybody[like] for like in likes):
            yield one


def _find_alike(
    alike: Collection[_Placed], placed: Collection[_Placed], slots: int, waiting: int
) -> Iterator[tuple[Sequence[SlotClient], str]]:
    """Yield the members of each group and what they have in common, the largest first."""
    groups: dict[str, list[SlotClient]] = defaultdict(list)
    for one in alike:
        for label in one.labels:
            groups[label].append(one.client)
    large = {
        label: members
        for label, members in groups.items()
        if len(members) >= LEAST and LARGE * _count_faults(members) >= slots
    }
    others: dict[str, list[SlotClient]] = {label: [] for label in large}
    for one in placed:
        for label in one.labels:
            if label in others:
                others[label].append(one.client)
    for label in sorted(large, key=lambda label: (-len(large[label]), label)):
        if _is_most(large[label], others[label], waiting, is_key=label.startswith("nk1_")):
            yield large[label], label


def _is_most(
    members: Collection[SlotClient], everybody: Collection[SlotClient], least: int, *, is_key: bool
) -> bool:
    """Return whether a group is most of those with its key or in its network, and few of these wait for us.

    One of `least` that wait may wait for us, not more; 0: any number. A key says what kind of system it is:
    others have it too, and may be answered.
    """
    faults = _count_faults(members)
    waiting = sum(one.waiting for one in everybody)
    answered = sum(one.is_answered for one in everybody)
    return (
        CONCENTRATED * faults >= sum(one.slots for one in everybody)
        and least * waiting <= faults + waiting
        and (is_key or answered * ANSWERED < len(everybody))
    )


def _count_faults(members: Iterable[SlotClient]) -> int:
    return sum(one.faults for one in members)


def _describe(members: Sequence[SlotClient], label: str, slots: int, is_silent: bool) -> Group:
    phases = Counter[str]()
    for one in members:
        phases[one.phase] += one.faults
    phase, count = phases.most_common(1)[0][0], _count_faults(members)
    what = f"with one network key ({label})" if label.startswith("nk1_") else f"of {label}"
    why = (
        f"the server is full: one of {len(members)} addresses {what} that hold "
        f"{100 * count / max(1, slots):.0f} % of all slots with {_MEANING[phase]} and got no answer"
    )
    return Group(Cluster(label, phase, len(members), count), why, is_silent)
