"""Looks into each network namespace of this host; for a process that ends after it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator

from ideolab_f2b.namespaces.coverage import Coverage
from ideolab_f2b.namespaces.enter import Home
from ideolab_f2b.namespaces.look import Look, Looks
from ideolab_f2b.namespaces.walk import Walk, read_netns


class _Everything(frozenset[str]):
    """The names of a setting that covers each namespace."""

    def __contains__(self, _name: object) -> bool:
        return True


def search(ports: frozenset[int], pids: Callable[[], list[int]]) -> Iterator[str]:
    """Yield a line of JSON for each namespace: name, inode, ports, addresses, why the opener leaves it out.

    The last line is the number of processes that could not be looked at.
    """
    walk, home = Walk(pids), Home()
    reasons = {look.netns: look.why_not for look in _look(walk, home, frozenset())}
    seen = {home.netns}
    for look in _look(walk, home, _Everything()):
        seen.add(look.netns)
        own = [packed.hex() for packed in look.own]
        listening = sorted(look.listening & ports)
        yield json.dumps([look.name, look.netns, listening, own, reasons.get(look.netns, "")])
    unseen = [pid for netns, pid in walk.list_namespaces().items() if netns not in seen]
    yield str(count_refusals(pids()) + sum(read_netns(pid) is not None for pid in unseen))


def _look(walk: Walk, home: Home, names: frozenset[str]) -> Iterable[Look]:
    return Looks(Coverage(is_auto=True, names=names), walk, home).take(every=True)


def count_refusals(pids: list[int]) -> int:
    """Return how many processes do not show their namespace: AppArmor and SELinux may forbid it to root."""
    count = 0
    for pid in pids:
        try:
            os.stat(f"/proc/{pid}/ns/net")
        except PermissionError:
            count += 1
        except OSError:
            continue
    return count
