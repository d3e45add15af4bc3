"""report: what fail2ban looks for in the action, and what it hands over."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ideolab_f2b.actions import handover
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.report.action import Action

INFO: dict[str, Any] = {
    "ip": "198.51.100.7",
    "time": 1.0,
    "bantime": 60,
    "failures": 1,
    "matches": "",
    "restored": 0,
}


class FakeReporter:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    def enter(self, jail: str) -> None:
        self.got.append("enter")

    def leave(self) -> None:
        self.got.append("leave")

    def put(self, kind: str, jail: str, info: Any, error: str = "") -> None:
        self.got.append((kind, jail, info["ip"], error))


@pytest.fixture
def action(tmp_path: Path) -> Action:
    jail = SimpleNamespace(name="j", actions=SimpleNamespace(active=True))
    made = Action(jail, "ideolab-report", config=str(tmp_path / "c"), state=str(tmp_path / "s"))
    made._reporter = FakeReporter()  # type: ignore[assignment]
    return made


def got(action: Action) -> list[Any]:
    return action._reporter.got  # type: ignore[attr-defined,no-any-return]


def test_what_fail2ban_looks_for(action: Action) -> None:
    """Without each of these an action is dropped at a reload, or asked for each unban."""
    for name in ("start", "stop", "ban", "reban", "unban", "prolong", "flush", "reload", "clearAllParams"):
        assert callable(getattr(action, name))
    assert (action.banEpoch, action._prolongable) == (0, False)
    action._jail.actions.active = False
    assert action.flush() is True
    action._jail.actions.active = True
    assert action.flush() is False


def test_bans_are_handed_in(action: Action) -> None:
    """A restored one under its own name, a refused one not at all, one that failed with its error."""
    action.ban(INFO)
    action.ban({**INFO, "restored": 1})
    handover.note_failure("j", INFO["ip"], RefusedError("Refused: x"))
    action.ban(INFO)
    handover.note_failure("j", INFO["ip"], OSError("full"))
    action.ban(INFO)
    action.unban(INFO)
    action.reban(INFO)
    action.prolong(INFO)

    one = ("j", "198.51.100.7")
    assert got(action) == [
        ("ban", *one, ""), ("restored", *one, ""), ("ban", *one, "full"), ("unban", *one, "")
    ]  # fmt: skip


def test_a_system_exit_does_not_end_the_jail(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    """fail2ban catches an Exception and logs it."""

    def leave(*_given: object) -> None:
        raise SystemExit

    monkeypatch.setattr(action._reporter, "put", leave)
    with pytest.raises(RuntimeError, match="not reported"):
        action.ban(INFO)


def test_it_starts_and_stops_once(action: Action) -> None:
    """A jail that is told twice counts once."""
    for each in (action.stop, action.start, action.start, action.stop, action.stop):
        each()

    assert got(action) == ["enter", "leave"]


def test_bad_options_are_told(action: Action, tmp_path: Path) -> None:
    """A raise would keep every jail from starting."""
    said: list[str] = []
    action._logSys = SimpleNamespace(error=lambda form, *told: said.append(form % told))
    action.reload(config="f2b.conf", set="x")

    assert said == [
        "[j] ideolab-report: option config = 'f2b.conf': an absolute path is needed; "
        "/etc/ideolab/f2b.conf is used",
        "[j] ideolab-report: option 'set' is unknown; known are config, state",
    ]
    assert json.loads(action.stats)["queue"] == 0


def test_a_shim_of_an_older_release_finds_the_action() -> None:
    """The installer replaces the shim in action.d, pip the package: one may come before the other."""
    package = importlib.import_module("ideolab_f2b.actions.report")

    assert package.Action is Action
    with pytest.raises(AttributeError, match="has no attribute 'Other'"):
        package.Other  # noqa: B018
