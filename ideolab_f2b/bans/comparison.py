"""Compares what fail2ban holds with what the kernel holds, at one instant."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Callable, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import ban_row, jail_bans
from ideolab_f2b.bans.ban_row import BanRow, Elements
from ideolab_f2b.bans.jail_bans import JailBans
from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import KernelSets, find_in_kernel
from ideolab_f2b.firewall.names import family_sets
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.kernel.ipset.error import SetMissingError

#: seconds between the two comparisons: a ban in a burst reaches the kernel much sooner
AGAIN_S = 1.0


@dataclass(frozen=True)
class BanComparison:
    """The bans and the elements at `when` (epoch seconds).

    `trouble` is why fail2ban did not answer, "" when it did.
    """

    when: float
    jails: tuple[JailBans, ...]
    rows: tuple[BanRow, ...]
    #: elements of each kernel set, by its IPv4 name; both families
    elements: dict[str, int]
    trouble: str = ""

    @property
    def drift(self) -> dict[str, int]:
        """How many rows differ: {"missing": …, "short": …, "stale": …}."""
        counts = dict.fromkeys(ban_row.DRIFT, 0)
        for one in self.rows:
            if one.is_drift:
                counts[one.state] += 1
        return counts


def make(only: Optional[str] = None, sleep: Callable[[float], None] = time.sleep) -> BanComparison:
    """Compare one jail or all; where they differ, compare again, because bans come and go meanwhile.

    A fail2ban that is down is no error: `trouble` says so, and the rows are what the kernel still holds.
    KernelError, UnknownJailError, ClientError.
    """
    first = _once(only)
    if not any(first.drift.values()):
        return first
    sleep(AGAIN_S)
    second = _once(only)
    return BanComparison(
        second.when,
        second.jails,
        tuple(ban_row.confirm(first.rows, second.rows)),
        second.elements,
        second.trouble,
    )


def _once(only: Optional[str]) -> BanComparison:
    try:
        jails = jail_bans.ask_all(only)
    except fail2ban_client.ServerDownError as down:
        with _open_kernels() as kernels:
            sets = _join(_read_orphans(kernel, ()) for kernel in kernels.values())
        rows = ban_row.rows_without_jail(sets, ban_row.UNWATCHED)
        return BanComparison(time.time(), (), tuple(rows), _sizes(sets), str(down))
    # a jail that has just moved to the other backend is there already
    with _open_kernels() as kernels:
        sets = {
            str(jail.set): _elements(kernels.get(jail.backend), family_sets(str(jail.set)).values())
            for jail in jails
            if jail.set is not None
        }
        # read last: a jail may just have started
        left = _join(_read_orphans_of_all(kernels, jails)) if only is None else {}
    now = time.time()
    state = ban_row.UNWATCHED if any(jail.is_silent for jail in jails) else ban_row.STALE
    rows = [*ban_row.rows(jails, sets, now), *ban_row.rows_without_jail(left, state)]
    return BanComparison(now, tuple(jails), tuple(rows), _sizes(_join([sets, left])))


@contextlib.contextmanager
def _open_kernels() -> Iterator[dict[str, KernelSets]]:
    """Open each backend that holds something of ours, by name."""
    with contextlib.ExitStack() as stack:
        yield {one.name: stack.enter_context(contextlib.closing(one.open())) for one in find_in_kernel()}


def _join(parts: Iterable[Mapping[str, Elements]]) -> dict[str, Elements]:
    """Join the elements of sets by name: both backends may have one of the same."""
    joined: dict[str, Elements] = {}
    for part in parts:
        for name, elements in part.items():
            joined[name] = {**joined.get(name, {}), **elements}
    return joined


def _elements(kernel: Optional[KernelSets], names: Iterable[str]) -> Elements:
    found: dict[Key, Optional[int]] = {}
    for name in names:
        with contextlib.suppress(SetMissingError):
            found.update(kernel.entries(name) if kernel is not None else ())
    return found


def _read_orphans_of_all(
    kernels: Mapping[str, KernelSets], jails: Collection[JailBans]
) -> Iterator[dict[str, Elements]]:
    """Read what no jail has in each backend."""
    for backend, kernel in kernels.items():
        yield _read_orphans(kernel, [jail.set for jail in jails if jail.set and jail.backend == backend])


def _read_orphans(kernel: KernelSets, owned: Collection[str]) -> dict[str, Elements]:
    """Return the elements of the sets that no jail of those with `owned` has, where there are any."""
    found = {name: _elements(kernel, sets) for name, sets in sorted(orphans.find(kernel, owned).items())}
    return {name: elements for name, elements in found.items() if elements}


def _sizes(sets: dict[str, Elements]) -> dict[str, int]:
    return {name: len(elements) for name, elements in sets.items()}
