"""The jails that are looked after, by backend and set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ideolab_f2b.actions.reconcile.one_pass import Member

#: jails with the time since when each is looked after
Group = Sequence["tuple[Member, float]"]
#: each set with the jails that use it
Groups = Sequence["tuple[str, Group]"]
#: {name of the backend: the sets that are in it}
ByBackend = Mapping[str, Groups]


def group_members(members: Iterable[tuple[Member, float]]) -> ByBackend:
    """Return the jails by backend and set: in a shared set, what one holds is not stale for another."""
    found: dict[str, dict[str, list[tuple[Member, float]]]] = {}
    for member, since in members:
        groups = found.setdefault(member.backend().name, {})
        groups.setdefault(member.options().set, []).append((member, since))
    return {backend: list(groups.items()) for backend, groups in found.items()}


def list_members(groups: Groups) -> list[Member]:
    """Return the jails of all sets."""
    return [member for _name, members in groups for member, _since in members]
