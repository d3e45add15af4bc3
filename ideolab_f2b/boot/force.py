"""Puts sets, rules and elements of recorded jails into the kernel; a fault of one stops no other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, NamedTuple

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.actions.rule_hook import RuleHook
from ideolab_f2b.boot.plan import Elements
from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import FAMILIES, LIST, PORT_LIST
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.kernel.ipset.error import SetFullError
from ideolab_f2b.kernel.netlink import KernelError

#: seconds for the elements of all sets: the unit has some more, and the rules stand before them
ELEMENTS_S = 15.0
#: elements between two looks at the clock
_PIECE = 5000


class PlacedBans(NamedTuple):
    """How many elements are in the sets of which backends, and what is missing."""

    elements: int
    backends: tuple[str, ...]
    problems: tuple[str, ...]


def put(
    jails: Iterable[JailRecord],
    elements: Mapping[str, Elements],
    backends: Mapping[str, Backend] = BACKENDS,
    clock: Callable[[], float] = time.monotonic,
) -> PlacedBans:
    """Make the sets, put the rules, fill the sets: all of it is there when this returns."""
    deadline, found, names, problems = clock() + ELEMENTS_S, 0, list[str](), list[str]()
    for name, rows in _group(jails, backends, problems).items():
        try:
            with contextlib.closing(backends[name].open()) as kernel:
                sets = _make(kernel, rows, problems)
                _put_rules(backends[name], rows, sets, problems)
                for set_name, each in sets.items():
                    wanted = elements.get(set_name, [])
                    found += _fill(each, wanted, lambda: clock() > deadline, problems)
            names.append(name)
        except KernelError as error:
            problems.append(f"{name}: {error}; {error.way_out}")
    return PlacedBans(found, tuple(names), tuple(problems))


def _group(
    jails: Iterable[JailRecord], backends: Mapping[str, Backend], problems: list[str]
) -> dict[str, list[JailRecord]]:
    """Return the jails by backend: what they had, or another that works where that one does not."""
    groups: dict[str, list[JailRecord]] = {}
    for jail in jails:
        groups.setdefault(jail.backend, []).append(jail)
    moved: dict[str, list[JailRecord]] = {}
    for name, rows in groups.items():
        trouble = backends[name].find_problem() if name in backends else f"{name} is not known"
        works = [each for each in backends if each != name and trouble and not backends[each].find_problem()]
        if trouble:
            used = f"; {works[0]} is used" if works else ""
            problems.append(f"{name} has held the bans and does not work: {trouble}{used}")
        if works or name in backends:
            moved.setdefault(works[0] if works else name, []).extend(rows)
    return moved


def _make(kernel: KernelSets, jails: Iterable[JailRecord], problems: list[str]) -> dict[str, JailSets]:
    """Make the sets of each jail; those of two jails that share them once."""
    made: dict[str, JailSets] = {}
    for jail in jails:
        sets = JailSets(kernel, jail.set, jail.maxelem, PORT_LIST if jail.scope == "port" else LIST)
        try:
            sets.place()
            made[jail.set] = sets
        except KernelError as error:
            problems.append(f"jail {jail.jail}: {error}; {error.way_out}")
    return made


def _put_rules(
    backend: Backend, jails: Sequence[JailRecord], made: Mapping[str, JailSets], problems: list[str]
) -> None:
    hook = _choose_hook(jails)
    scopes = {jail.set: jail.port_scope for jail in jails if jail.set in made}
    ports = {name: scope for name, scope in scopes.items() if scope is not None}
    for version, family in FAMILIES.items():
        try:
            backend.place(version, hook)
            if ports:
                backend.put_ports(version, ports, hook)
        except (RuleError, KernelError) as error:
            problems.append(f"no rule drops what is in the sets of {family}: {error}")


def _choose_hook(jails: Iterable[JailRecord]) -> str:
    wanted = RuleHook()
    for number, jail in enumerate(jails):
        wanted.want(number, jail.jail, jail.hook)
    return wanted.choose()


def _fill(sets: JailSets, elements: Elements, is_late: Callable[[], bool], problems: list[str]) -> int:
    """Put elements into the sets of a jail; return how many are there."""
    count = 0
    try:
        for start in range(0, len(elements), _PIECE):
            if is_late():
                problems.append(f"set {sets.names[4]}: {_missing(elements, count)} took too long")
                break
            piece = elements[start : start + _PIECE]
            sets.add_many(piece)
            count += len(piece)
    except SetFullError as error:
        problems.append(f"set {sets.names[4]}: {_missing(elements, count)} have no room: {error.way_out}")
    except (KernelError, ValueError) as error:
        problems.append(f"set {sets.names[4]}: {_missing(elements, count)} are missing: {error}")
    return count


def _missing(elements: Elements, count: int) -> str:
    return f"up to {len(elements) - count} of {len(elements)} elements"
