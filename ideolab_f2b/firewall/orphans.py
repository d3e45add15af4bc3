"""Sets that no running jail has: what a jail leaves in the list of all sets when it is switched off."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping

from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets
from ideolab_f2b.firewall.names import FAMILIES, LISTS, PORT_LIST, family_sets
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.kernel.ipset.error import SetBusyError, SetMissingError


def find(kernel: KernelSets, owned: Collection[str]) -> dict[str, list[str]]:
    """{name: its sets of both families} of what is in the list and is no set of the jails that have `owned`.

    Other kinds of sets are left out: a jail makes hash:net sets with timeouts.
    """
    ours = {each for name in owned for each in family_sets(name).values()}
    found: dict[str, list[str]] = {}
    for name in (each for list_name in LISTS for each in members(kernel, list_name)):
        if name in ours:
            continue
        with contextlib.suppress(SetMissingError):
            header = kernel.header(name)
            if header.type == "hash:net" and header.timeout is not None:
                found.setdefault(_jail_set(header), []).append(name)
    return found


def find_names_in_lists(backend: Backend, names: Collection[str]) -> list[str]:
    """Those of the names whose sets of both families stand in a list of the backend; KernelError."""
    if not names:
        return []
    with contextlib.closing(backend.open()) as kernel:
        linked = {each for list_name in LISTS for each in members(kernel, list_name)}
    return [name for name in names if linked.issuperset(family_sets(name).values())]


def lift(kernel: KernelSets, names: Iterable[str]) -> int:
    """Take sets out of the list and out of the kernel; how many elements they had."""
    count = 0
    for name in names:
        with contextlib.suppress(SetMissingError):
            count += sum(1 for _entry in kernel.entries(name))
            _unlink(kernel, name)
            _destroy(kernel, name)
    return count


def lift_all(kernel: KernelSets) -> Mapping[str, int]:
    """Lift what is in the list when no jail runs that could have it; {name: elements} of what had any."""
    counts = {name: lift(kernel, sets) for name, sets in find(kernel, ()).items()}
    return {name: count for name, count in counts.items() if count}


def _unlink(kernel: KernelSets, name: str) -> None:
    for list_name in LISTS:
        if name in members(kernel, list_name):
            kernel.unlink(list_name, name)
            if list_name == PORT_LIST:
                for version in FAMILIES:
                    BACKENDS[kernel.backend].drop_ports(version, [name])


def _destroy(kernel: KernelSets, name: str) -> None:
    try:
        kernel.destroy(name)
    except SetBusyError:
        # a rule or a list of somebody else's refers to it
        kernel.flush(name)


def members(kernel: KernelSets, list_name: str) -> list[str]:
    """The sets in a list; none when there is no such list."""
    try:
        return kernel.members(list_name)
    except SetMissingError:
        return []


def _jail_set(header: SetHeader) -> str:
    is_six = header.family == "inet6" and header.name.endswith("6")
    return header.name[:-1] if is_six else header.name
