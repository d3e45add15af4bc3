"""Which hook the DROP rule has: it is one for all jails of a server, whatever each of them wants."""

from __future__ import annotations

import threading
from collections.abc import Hashable

from ideolab_f2b.firewall.chains import DEFAULT


class RuleHook:
    """The hooks that the ban actions of one process want; the one that covers more wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: {owner: (its jail, what it wants)}
        self._wanted: dict[Hashable, tuple[str, str]] = {}

    def want(self, owner: Hashable, jail: str, hook: str) -> None:
        """Note what the options of an action say."""
        with self._lock:
            self._wanted[owner] = jail, hook

    def release(self, owner: Hashable) -> None:
        """Forget an action that stops; nothing when it is not known."""
        with self._lock:
            self._wanted.pop(owner, None)

    def choose(self) -> str:
        """Return the hook: another than the default only where all jails want it."""
        wanted = {hook for _jail, hook in self._rows()}
        return wanted.pop() if len(wanted) == 1 else DEFAULT

    def describe_dispute(self) -> str:
        """Return what to say when jails want different hooks; "" when they agree."""
        rows = self._rows()
        losers = sorted(jail for jail, hook in rows if hook != DEFAULT)
        if not losers or len(losers) == len(rows):
            return ""
        winner = min(jail for jail, hook in rows if hook == DEFAULT)
        hooks = ", ".join(sorted({hook for _jail, hook in rows if hook != DEFAULT}))
        return (
            f"jails want different hooks, and the DROP rule is one for all: {DEFAULT} is used as {winner} "
            f"wants; hook = {hooks} has no effect in {', '.join(losers)}"
        )

    def _rows(self) -> list[tuple[str, str]]:
        with self._lock:
            return list(self._wanted.values())


#: of this process: fail2ban loads the shim anew for each jail
RULE_HOOK = RuleHook()
