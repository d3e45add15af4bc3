"""The file that tells a boot which jail has which sets: when it changes, and that it never raises."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.sets_file import STARTED_S, SetsFile


class Scene:
    """Jails of one server after another, in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.now, self.is_ending = directory, 1000.0, False
        self.said: list[str] = []
        self.restart()

    def restart(self) -> None:
        self.is_ending = False
        self.file = SetsFile(lambda: self.now, lambda: self.is_ending, self.said.append)

    def start(self, name: str, database: str = "/var/lib/f.sqlite3", **options: Any) -> None:
        jail = SimpleNamespace(
            name=name,
            database=SimpleNamespace(filename=database),
            actions=SimpleNamespace(getBanTime=lambda: 600),
            getMaxBanTime=lambda: 86400,
            getBanTimeExtra=lambda _word: True,
        )
        given = Options(**{"set": name, "state": self.directory, **options})
        self.file.note(name, jail, given, lambda: "ipset")

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / "sets.json").read_text())
        return found

    def names(self) -> list[str]:
        return [each["jail"] for each in self.read()["jails"]]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_jail_starts(scene: Scene) -> None:
    """Its options, its times and fail2ban's database are written down, for root alone."""
    scene.start("mail", scope="port", ports=(25, range(6000, 6011)), hook="input")

    assert scene.read() == {
        "version": 1,
        "database": "/var/lib/f.sqlite3",
        "jails": [
            {
                "jail": "mail", "set": "mail", "maxelem": 131072, "scope": "port",
                "ports": ["25", "6000:6010"], "protocol": ["tcp"], "hook": "input", "backend": "ipset",
                "tickets": "addresses", "cap": None,
                "bantime": 600, "longest": 86400, "is_increasing": True, "min_prefix4": 16,
                "min_prefix6": 32, "allow_file": "/etc/ideolab/never-ban", "allow": [],
            }
        ],
    }  # fmt: skip
    assert stat.S_IMODE((scene.directory / "sets.json").stat().st_mode) == 0o600
    assert scene.said == []


def test_a_jail_takes_other_options(scene: Scene) -> None:
    """A reload with another set changes its line; the same again writes nothing."""
    scene.start("a")
    scene.start("a", set="other")
    assert [each["set"] for each in scene.read()["jails"]] == ["other"]
    written = (scene.directory / "sets.json").stat()

    scene.start("a", set="other")

    assert (scene.directory / "sets.json").stat() == written


def test_a_jail_stops(scene: Scene) -> None:
    """Alone it goes; with the whole server it stays, unless its sets were cleared."""
    for name in "abc":
        scene.start(name)
    scene.file.forget("a")
    scene.file.forget("nobody")
    assert scene.names() == ["b", "c"]

    scene.is_ending = True
    scene.file.forget("b")
    scene.file.forget("c", is_cleared=True)

    assert scene.names() == ["b"]


def test_a_server_that_starts(scene: Scene) -> None:
    """A power cut in the middle of it loses no jail; who has not come after a minute goes."""
    for name in "abc":
        scene.start(name)
    scene.restart()
    scene.start("a")
    assert scene.names() == ["a", "b", "c"]
    scene.file.forget("b")
    scene.start("b")
    scene.now += STARTED_S

    scene.start("b", maxelem=2000)

    assert scene.names() == ["a", "b"]


def test_a_jail_that_stops_while_others_start(scene: Scene) -> None:
    """What is written of it before goes too."""
    scene.start("a")
    scene.start("b")
    scene.restart()
    scene.start("a")
    scene.start("b")

    scene.file.forget("b")

    assert scene.names() == ["a"]


def test_a_server_without_a_database(scene: Scene) -> None:
    """One on trial touches no file."""
    scene.start("a", database=":memory:")
    scene.start("b", database="")

    assert list(scene.directory.iterdir()) == []


def test_what_is_no_file_of_ours(scene: Scene) -> None:
    """It is written anew."""
    (scene.directory / "sets.json").write_text("{")

    scene.start("a")

    assert scene.names() == ["a"]


def test_no_directory(scene: Scene) -> None:
    """It is said once, and stops no jail."""
    scene.directory = scene.directory / "gone"

    scene.start("a")
    scene.start("b")
    scene.file.forget("a")

    assert len(scene.said) == 1
    assert scene.said[0].startswith("the next boot does not know the sets of this server: ")


def test_a_jail_that_answers_nothing(scene: Scene) -> None:
    """Another fail2ban: an error of ours keeps no jail from banning."""
    scene.file.note("a", SimpleNamespace(database=SimpleNamespace(filename="/f")), Options(), lambda: "nft")

    assert len(scene.said) == 1
