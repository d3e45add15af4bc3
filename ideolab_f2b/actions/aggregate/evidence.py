"""The bans of a jail that count for a prefix: single addresses, by the jail's own lines, and not lifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Callable, NamedTuple, Optional

from ideolab_f2b import pace
from ideolab_f2b.actions.aggregate.dense import Dense, find_crowds, find_dense
from ideolab_f2b.actions.ban.lifted import offence_time
from ideolab_f2b.actions.protected.refusal import short
from ideolab_f2b.actions.tickets import is_of_root, key_of_identity
from ideolab_f2b.kernel.client_unit import UNIT, find_unit
from ideolab_f2b.kernel.ipset.element import LONGEST, Key, network_of
from ideolab_f2b.pace import Pause

#: {unit: the ticket that counts for it}
Tickets = dict[int, Any]
#: address or network -> when a person lifted its ban (epoch seconds)
FindLift = Callable[[str], Optional[float]]


class Held(NamedTuple):
    """What a jail bans: every unit by IP version, and the networks that are wider than one."""

    units: dict[int, Tickets]
    networks: frozenset[Key]


def sort_tickets(tickets: Iterator[Any], pause: Pause = pace.no_pause) -> Held:
    """Return the bans of a jail by what they ban; what is no address is left out."""
    units: dict[int, Tickets] = {version: {} for version in UNIT}
    networks = set()
    for ticket in chain.from_iterable(pace.pieces(tickets, pause)):
        key = key_of_identity(ticket.getID())
        if key is None:
            continue
        unit = find_unit(key)
        if unit is None:
            networks.add(key)
        else:
            units[key[0]][unit] = ticket
    return Held(units, frozenset(networks))


def find_candidates(held: Held, widest: Mapping[int, int], share: float, find_lift: FindLift) -> list[Dense]:
    """Return the dense prefixes that are not banned, those with most bans first."""
    found: list[Dense] = []
    for version, tickets in held.units.items():
        shift = UNIT[version] - widest[version]
        crowded = find_crowds(version, tickets, widest[version])
        units = [
            unit
            for unit, ticket in tickets.items()
            if unit >> shift in crowded
            and counts(ticket)
            and not _is_lifted(version, unit, ticket, widest, find_lift)
        ]
        found += find_dense(version, sorted(units), widest[version], share)
    candidates = [each for each in found if not _is_covered(each.key, held.networks)]
    return sorted(candidates, key=lambda each: (-each.banned, each.key))


def counts(ticket: Any) -> bool:
    """Whether a ban is the jail's own, for its own time.

    A ban of a person is none, nor one of minutes: a page can make a browser cause those.
    """
    return ticket.getData("ttl") is None and not is_of_root(ticket)


def _is_lifted(version: int, unit: int, ticket: Any, widest: Mapping[int, int], find_lift: FindLift) -> bool:
    """Whether a person has lifted a prefix around the address after its ban: then it counts no more."""
    bits, away = UNIT[version], LONGEST[version] - UNIT[version]
    for length in range(widest[version], bits):
        first = unit >> bits - length << bits - length
        lifted_at = find_lift(short(network_of((version, first << away, length))))
        if lifted_at is not None and offence_time.read(ticket).is_until(lifted_at):
            return True
    return False


def _is_covered(key: Key, networks: frozenset[Key]) -> bool:
    version, address, length = key
    bits = LONGEST[version]
    return any(
        (version, address >> bits - wide << bits - wide, wide) in networks for wide in range(1, length + 1)
    )
