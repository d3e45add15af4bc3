"""Which jail of this server has which sets: no set of one is a set of another, unless both name it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Hashable, Mapping
from typing import Any

from ideolab_f2b.actions import options
from ideolab_f2b.actions.options import Options
from ideolab_f2b.firewall.names import collides, unique


class SetNames:
    """The names that the ban actions of one process have taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[Hashable, tuple[str, str]] = {}

    def take(self, owner: Hashable, jail: str, given: Mapping[str, Any]) -> tuple[Options, list[str]]:
        """Read the options of a jail's action, and take their set; another one where that cannot be.

        The complaints say so. Two jails that name the same set share it; what a jail has by default is shared
        with none.
        """
        found, complaints = options.parse(jail, given)
        # one that cannot be given is the default by now
        is_given = found.set == str(given.get("set", "")).strip()
        name, why = self._take(owner, jail, found.set, is_given)
        return dataclasses.replace(found, set=name), [*complaints, *([why] if why else [])]

    def _take(self, owner: Hashable, jail: str, name: str, is_given: bool) -> tuple[str, str]:
        with self._lock:
            others = {taken: who for one, (who, taken) in self._taken.items() if one != owner and who != jail}
            why = _trouble(name, others, is_given)
            if why:
                name = unique(name, jail)
                why = f"{why}; {name!r} is used"
            self._taken[owner] = jail, name
            return name, why

    def release(self, owner: Hashable) -> None:
        """Let go of the name of an action that stops; nothing when it has none."""
        with self._lock:
            self._taken.pop(owner, None)

    def names(self) -> set[str]:
        """The names that are taken, also those of jails that are about to start."""
        with self._lock:
            return {name for _jail, name in self._taken.values()}


def _trouble(name: str, others: dict[str, str], is_given: bool) -> str:
    if name in others and not is_given:
        return f"set {name!r} is that of jail {others[name]}"
    other = collides(name, others)
    return f"sets {name!r} and {other!r} of jail {others[other]} would be one set" if other else ""


#: of this process: fail2ban loads the shim anew for each jail
SET_NAMES = SetNames()
