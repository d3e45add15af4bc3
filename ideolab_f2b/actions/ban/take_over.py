"""What another backend has held of a jail until now: copied before the new rules stand, taken out after them.

A restart or an upgrade with another backend finds it so: the bans are in force at every moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable

from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import Backend, KernelSets, find_in_kernel
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import LISTS
from ideolab_f2b.kernel.ipset.error import SetMissingError


def copy(backend: Backend, sets: JailSets) -> list[Backend]:
    """Copy the elements of sets of the same names, with the time that is left; from which backends."""
    found = []
    for other in find_in_kernel():
        if other.name != backend.name:
            with contextlib.closing(other.open()) as kernel:
                there = _find(kernel, sets.names.values())
                for name in there:
                    _copy(kernel, sets, name)
            if there:
                found.append(other)
    return found


def leave(backend: Backend, names: Iterable[str]) -> int:
    """Take sets of these names out of a backend that holds them no more; how many elements they had."""
    with contextlib.closing(backend.open()) as kernel:
        return orphans.lift(kernel, _find(kernel, names))


def _find(kernel: KernelSets, names: Iterable[str]) -> Collection[str]:
    """Those of the names that stand in a list: what does not is not ours."""
    linked = {name for list_name in LISTS for name in orphans.members(kernel, list_name)}
    return [name for name in names if name in linked]


def _copy(kernel: KernelSets, sets: JailSets, name: str) -> None:
    with contextlib.suppress(SetMissingError):
        sets.add_many((found.network, found.timeout_s or 0) for found in kernel.elements(name))
