"""Sees by a few questions to the kernel that sets of jails were destroyed, unlinked or emptied."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Callable

from ideolab_f2b.actions.reconcile.one_pass import Member
from ideolab_f2b.firewall.backend import KernelSets
from ideolab_f2b.firewall.names import LIST, PORT_LIST, family_sets
from ideolab_f2b.kernel.ipset.error import SetMissingError


class Losses:
    """Compares numbers alone, so it costs the same for any number of bans; a pass finds what it does not."""

    def __init__(self, open_sets: Callable[[], KernelSets]) -> None:
        self._open = open_sets
        #: sets that had lost elements in the last look: a ban that is just being made has none yet
        self._suspected: frozenset[str] = frozenset()

    def are_there(self, groups: Iterable[tuple[str, Sequence[Member]]]) -> bool:
        """Return whether a set is gone, or lacks half of its bans in two looks that follow each other."""
        try:
            with contextlib.closing(self._open()) as kernel:
                return self._look(kernel, groups)
        except OSError:
            # the next pass meets the same error, and says it
            return False

    def _look(self, kernel: KernelSets, groups: Iterable[tuple[str, Sequence[Member]]]) -> bool:
        try:
            linked = _list_members(kernel)
            lacking = frozenset(
                name for name, members in groups if _is_lacking(kernel, linked, name, members)
            )
        except SetMissingError:
            return True
        confirmed, self._suspected = lacking & self._suspected, lacking
        return bool(confirmed)


def _list_members(kernel: KernelSets) -> set[str]:
    """Return the sets that a rule matches; SetMissingError when the list of all jails is gone."""
    members = set(kernel.members(LIST))
    # only jails with scope=port have this one
    with contextlib.suppress(SetMissingError):
        members.update(kernel.members(PORT_LIST))
    return members


def _is_lacking(kernel: KernelSets, linked: set[str], name: str, members: Sequence[Member]) -> bool:
    """Return whether the set holds less than half of what its jails hold; SetMissingError when it is gone."""
    if not all(member.bans.is_active and not member.bans.is_queued for member in members):
        return False
    held = 0
    for family_set in family_sets(name).values():
        elements = kernel.header(family_set).elements
        if family_set not in linked:
            raise SetMissingError(0, family_set)
        if elements is None:
            # kernels before 4.9 do not count
            return False
        held += elements
    return held < sum(member.bans.count() for member in members) / 2
