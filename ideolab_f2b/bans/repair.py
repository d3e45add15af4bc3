"""Asks fail2ban's reconcile thread to repair what differs, and waits for it."""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter
from typing import Any, Callable, NamedTuple, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import rule_hook
from ideolab_f2b.firewall import orphans, rule
from ideolab_f2b.firewall.backend import Backend, find_in_kernel
from ideolab_f2b.firewall.names import LIST
from ideolab_f2b.places import ACTION

#: seconds; two passes over a hundred thousand bans take a few seconds
WAIT_S = 60.0
#: seconds between two questions
_EVERY_S = 0.5


class RepairError(RuntimeError):
    """Nothing could be repaired; the text says why and what to do."""


class RepairResult(NamedTuple):
    """{set: number of elements, sets, members or rules that were put back}, and what could not be done."""

    counts: dict[str, int]
    trouble: str


def repair(
    clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> RepairResult:
    """Let the server reconcile all sets of all jails twice; RepairError or ClientError when it cannot.

    Where no jail has the action, what is left in the sets is lifted from here.
    """
    thread = _find_thread()
    if thread is None:
        return RepairResult(_lift_all(), "")
    jail, action = thread
    before = _ask_thread(jail, action)
    wanted = _number(fail2ban_client.ask("set", jail, "action", action, "reconcile"))
    deadline = clock() + WAIT_S
    while True:
        now = _ask_thread(jail, action)
        if now["passes"] >= wanted:
            break
        if clock() > deadline:
            raise RepairError(f"fail2ban did not reconcile in {WAIT_S:.0f} s; see /var/log/fail2ban.log")
        sleep(_EVERY_S)
    counts = {name: count - before["repairs"].get(name, 0) for name, count in now["repairs"].items()}
    return RepairResult({name: count for name, count in counts.items() if count > 0}, str(now["last_error"]))


def _lift_all() -> dict[str, int]:
    counts: Counter[str] = Counter()
    for backend in find_in_kernel():
        with contextlib.closing(backend.open()) as kernel:
            counts.update(orphans.lift_all(kernel))
    return dict(counts)


def put_rules() -> list[str]:
    """Put the DROP rules first again while fail2ban is down; return what has them now. RuleError."""
    return [name for backend in find_in_kernel() for name in _put_rules(backend)]


def _put_rules(backend: Backend) -> list[str]:
    with contextlib.closing(backend.open()) as kernel:
        if LIST not in kernel.names():
            return []
    hooks = {version: rule_hook.find(version, backend) for version in rule.PROGRAMS}
    lost = {version: hook for version, hook in hooks.items() if not _is_effective(backend, version, hook)}
    return [
        backend.describe(version) for version, hook in lost.items() if backend.place(version, hook) is None
    ]


def _is_effective(backend: Backend, version: int, hook: str) -> bool:
    try:
        return all(position.is_effective for position in backend.look(version, hook).positions)
    except rule.RuleError:
        return False


def _find_thread() -> Optional[tuple[str, str]]:
    """Return a jail and its action of ours, whose thread reconciles all jails; None when no jail has it."""
    has_action = False
    for jail in sorted(fail2ban_client.jails()):
        # asked first: fail2ban writes each failed question into its log
        action = fail2ban_client.find_action(jail, ACTION)
        if action and "keeper" in (fail2ban_client.stats(jail, action) or {}):
            return jail, action
        has_action = has_action or bool(action)
    if has_action:
        raise RepairError(
            f"no jail runs with {ACTION} of this version; ideolab-f2b install, then restart fail2ban"
        )
    return None


def _ask_thread(jail: str, action: str) -> dict[str, Any]:
    stats = fail2ban_client.stats(jail, action)
    if stats is None or "keeper" not in stats:
        raise RepairError(f"jail {jail} has ended meanwhile; try again")
    thread: dict[str, Any] = stats["keeper"]
    return thread


def _number(text: str) -> int:
    found = re.search(r"\d+", text)
    if found is None:
        raise RepairError(f"{ACTION} gave no number: {text.strip()[:200]!r}")
    return int(found[0])
