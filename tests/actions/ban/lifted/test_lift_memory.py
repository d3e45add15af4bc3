"""Lifts in memory and on the disk."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from fail2ban.server.jail import Jail

from ideolab_f2b.actions.ban.lifted import lift_memory
from ideolab_f2b.actions.ban.lifted.lift_memory import LiftMemory

NOW = 1_800_000_000.0


class Scene:
    """A jail that starts again and again."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.now = directory, NOW
        self.jail: Any = Jail("scene", backend="polling")

    def start(self) -> LiftMemory:
        memory = LiftMemory(self.jail, lambda: self.now)
        memory.keep_in(self.directory)
        return memory

    def lines(self) -> int:
        return len((self.directory / "lifted-scene").read_text().splitlines())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_start_without_a_stop(scene: Scene) -> None:
    """Nothing is synchronized by hand, and no line is lost; a start leaves one line for each."""
    memory = scene.start()
    for last in (1, 2, 1):
        memory.note(f"198.51.100.{last}", NOW + last)
    memory.put("198.51.100.2", NOW - 5)
    assert scene.lines() == 4

    again = scene.start()

    assert again.lifted.rows() == [("198.51.100.1", NOW + 1), ("198.51.100.2", NOW - 5)]
    assert scene.lines() == 2
    assert again.stats() == {"kept": 2, "forgotten": 0, "trouble": ""}


def test_what_is_old_goes(scene: Scene) -> None:
    """After a week, or the jail's findtime."""
    scene.start().note("198.51.100.1", NOW)
    scene.now += lift_memory.KEEP_S - 1
    assert len(scene.start().lifted) == 1
    scene.now += 2
    scene.jail.filter.setFindTime(str(int(lift_memory.KEEP_S + 3600)))
    assert len(scene.start().lifted) == 1
    scene.jail.filter.setFindTime("600")
    assert len(scene.start().lifted) == 0
    assert scene.lines() == 0


def test_the_file_is_written_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it has many lines of the same."""
    monkeypatch.setattr(lift_memory, "LINES", 10)
    memory = scene.start()
    for turn in range(11):
        memory.note("198.51.100.1", NOW + turn)
    memory.sync()

    assert scene.lines() == 1
    assert scene.start().lifted.rows() == [("198.51.100.1", NOW + 10)]


def test_no_directory(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """A lift counts while the server lives; it is said once, and in stats, that it will not outlive it."""
    scene.directory /= "missing"
    memory = scene.start()
    for last in (1, 2):
        memory.note(f"198.51.100.{last}", NOW)
        memory.sync()

    (said,) = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert said.startswith(f"[scene] unbans will not outlive a crash: {scene.directory}/lifted-scene is not")
    assert memory.trouble and len(memory.lifted) == 2
    scene.directory.mkdir()
    memory.note("198.51.100.3", NOW)
    assert memory.stats() == {"kept": 3, "forgotten": 0, "trouble": ""}


def test_another_directory(scene: Scene, tmp_path: Path) -> None:
    """A reload takes along what is known, and adds what is there."""
    (tmp_path / "other").mkdir()
    other = Scene(tmp_path / "other")
    other.start().note("198.51.100.2", NOW)
    memory = scene.start()
    memory.note("198.51.100.1", NOW)

    memory.keep_in(other.directory)

    assert sorted(other.start().lifted.rows()) == [("198.51.100.1", NOW), ("198.51.100.2", NOW)]
