"""What systemctl shows of units."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from ideolab_f2b.check.boot import systemctl

SHOWN = """\
Id=fail2ban.service
UnitFileState=enabled

Id=ideolab-connmon.service
UnitFileState=disabled

Id=ideolab-intake.service
UnitFileState=

Id=ideolab-connmon.timer
UnitFileState=enabled
"""


def answer(monkeypatch: pytest.MonkeyPatch, text: str, code: int = 0) -> list[list[str]]:
    asked: list[list[str]] = []

    def run(words: list[str], **_given: Any) -> Any:
        asked.append(words)
        return SimpleNamespace(stdout=text, returncode=code)

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_the_states_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """One block for each unit."""
    asked = answer(monkeypatch, SHOWN)

    assert systemctl.ask_systemd(["fail2ban", "x.timer"]) == {
        "fail2ban.service": "enabled",
        "ideolab-connmon.service": "disabled",
        "ideolab-intake.service": "",
        "ideolab-connmon.timer": "enabled",
    }
    assert asked == [
        ["systemctl", "show", "--property=Id,UnitFileState", "--", "fail2ban.service", "x.timer"]
    ]


def test_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the properties that were asked for."""
    answer(monkeypatch, "UnitFileState=enabled\nBefore=a.target b.target\n")

    assert systemctl.show("x.service", "UnitFileState", "Before") == {
        "UnitFileState": "enabled",
        "Before": "a.target b.target",
    }


def test_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known then."""
    answer(monkeypatch, "", code=1)
    assert systemctl.show("x.service", "Before") == {}
    assert systemctl.ask_systemd(["x"]) is None
