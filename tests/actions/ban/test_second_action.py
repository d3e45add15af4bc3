"""A jail that names the ban action twice."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ideolab_f2b.actions.ban import second_action
from ideolab_f2b.actions.ban.hooks import Hooks

SHIM = "/etc/fail2ban/action.d/ideolab-ban.py"
TCP = {"port": "5060", "protocol": "tcp"}
UDP = {"port": "5061", "protocol": "udp"}
BOTH = {"port": "5060,5061", "protocol": "tcp,udp"}


class Actions:
    """fail2ban's actions of one jail, as far as `add` goes."""

    def __init__(self) -> None:
        self.added: list[tuple[str, bool]] = []
        self._reload_actions: dict[str, Any] = {}

    def add(self, name: str, module: Any = None, options: Any = None, reload: bool = False) -> None:
        self.added.append((name, reload))
        if reload:
            self._reload_actions[name] = options

    @property
    def reloads(self) -> dict[str, Any]:
        return self._reload_actions


def joined(actions: Actions) -> tuple[Hooks, list[Mapping[str, Any]]]:
    hooks = Hooks()
    changes: list[Mapping[str, Any]] = []
    second_action.join(hooks, actions, "ideolab-ban", lambda: TCP, lambda **given: changes.append(given))
    return hooks, changes


def test_second_one_at_the_start() -> None:
    """Its ports go to the first; fail2ban, which refuses a second one, does not hear of it."""
    actions = Actions()
    _hooks, changes = joined(actions)

    actions.add("ideolab-ban", SHIM, UDP, reload=False)

    assert (changes, actions.added) == ([BOTH], [])


def test_both_at_a_reload() -> None:
    """fail2ban would keep the options of the second only."""
    actions = Actions()
    _hooks, changes = joined(actions)

    actions.add("ideolab-ban", SHIM, TCP, reload=True)
    assert actions.reloads == {"ideolab-ban": TCP}
    actions.add("ideolab-ban", SHIM, UDP, reload=True)

    assert actions.reloads == {"ideolab-ban": BOTH}
    assert changes == []


def test_other_actions() -> None:
    """Of another name, of another file, a shell action: as fail2ban does."""
    actions = Actions()
    hooks, changes = joined(actions)

    actions.add("ideolab-report", "/etc/fail2ban/action.d/ideolab-report.py", {})
    actions.add("ideolab-ban", "/opt/other.py", {})
    actions.add("ideolab-ban")
    hooks.undo()
    actions.add("ideolab-ban", SHIM, UDP)

    assert len(actions.added) == 4
    assert changes == []


def test_jail_without_actions() -> None:
    """As the installer's trial of an action has it: nothing to hook."""
    second_action.join(Hooks(), SimpleNamespace(), "ideolab-ban", dict, lambda **_given: None)
