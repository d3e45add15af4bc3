"""What `check` says of the next boot: the unit, its order, the records of the jails, the database."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ideolab_f2b.actions.jail_record import DEFAULT_PATH, JailRecord, JailRecords, to_json
from ideolab_f2b.check.boot import bans
from ideolab_f2b.check.verdict import ok
from ideolab_f2b.config import Settings
from ideolab_f2b.places import COMPOSE
from tests.boot.fail2ban_database import make

UNIT = "ideolab-ban-restore.service"
LATE = "the bans come back only when fail2ban has started"
GOOD = {"UnitFileState": "enabled", "ActiveState": "active", "Before": "shutdown.target network-pre.target"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, f"ok       boot bans: {UNIT} starts with this host before network-pre.target"),
        # before the first boot it has not run
        (
            {"ActiveState": "inactive"},
            f"ok       boot bans: {UNIT} starts with this host before network-pre.target",
        ),
        (
            {"UnitFileState": ""},
            f"wrong    boot bans: {UNIT} has no unit: {LATE}\n         -> ideolab-f2b install",
        ),
        (
            {"UnitFileState": "masked"},
            f"wrong    boot bans: {UNIT} is masked: {LATE}\n"
            f"         -> systemctl unmask {UNIT}; systemctl enable {UNIT}",
        ),
        (
            {"UnitFileState": "disabled"},
            f"wrong    boot bans: {UNIT} does not start with this host (disabled): {LATE}\n"
            f"         -> systemctl enable {UNIT}",
        ),
        (
            {"Before": "shutdown.target"},
            f"wrong    boot bans: {UNIT} has no order before network-pre.target: packets may come first\n"
            f"         -> systemctl revert {UNIT}, or ideolab-f2b install",
        ),
        (
            {"ActiveState": "failed"},
            f"wrong    boot bans: {UNIT} has failed: journalctl -b -u {UNIT} says why\n"
            f"         -> mend that; systemctl reset-failed {UNIT}",
        ),
    ],
)
def test_the_unit(changed: dict[str, str], said: str) -> None:
    """Each way in which it does not come first."""
    assert str(bans.judge_unit({**GOOD, **changed})) == said


def test_a_systemctl_that_does_not_answer() -> None:
    """Then it is not known, and never ok."""
    assert bans.judge_unit({}).state == "unknown"


def test_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """What starts with the host is not seen from inside, which another line says."""
    monkeypatch.setenv(COMPOSE, "docker compose")

    assert list(bans.bans(Settings())) == []


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Root asks on a host whose unit is in order, and whose one jail runs."""
    path = tmp_path / "sets.json"
    monkeypatch.setattr(bans, "DEFAULT_PATH", path)
    monkeypatch.setattr(bans, "_judge_starter", lambda: ok("boot bans", "in order"))
    monkeypatch.setattr(bans, "_find_running", lambda: {"a"})
    monkeypatch.setattr(bans, "restart", lambda service: f"restart {service}")
    return path


def write(path: Path, *jails: JailRecord) -> None:
    database = make(path.parent / "f.sqlite3", [("a", "198.51.100.7", int(time.time()), 600)])
    path.write_bytes(to_json(JailRecords(str(database), jails)))
    path.chmod(0o600)


def say() -> list[str]:
    return list(map(str, bans.bans(Settings())))


@pytest.mark.root
def test_all_is_in_order(host: Path) -> None:
    """The bans are counted, so that the database was read."""
    write(host, JailRecord("a", "a", 64), JailRecord("gone", "gone", 64))

    assert say() == ["ok       boot bans: 2 jails and 1 bans come back before the network"]


@pytest.mark.root
@pytest.mark.parametrize("is_there", [True, False])
def test_a_jail_that_is_not_written_down(host: Path, is_there: bool) -> None:
    """Its bans come late."""
    if is_there:
        write(host, JailRecord("b", "b", 64))

    assert say() == [
        f"wrong    boot bans: {host} does not know a: {LATE}\n"
        "         -> see /var/log/fail2ban.log; restart fail2ban"
    ]


@pytest.mark.root
def test_what_is_wrong_in_the_files(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that cannot be used, a database that is gone, a file that others can write, none."""
    write(host, JailRecord("a", "a", 64))
    (host.parent / "f.sqlite3").unlink()
    assert say()[0].startswith(f"wrong    boot bans: {host.parent / 'f.sqlite3'}: it is not there")

    host.chmod(0o622)
    assert say()[0].startswith(f"wrong    boot bans: {host}: others than root can write it")

    host.chmod(0o600)
    host.write_bytes(host.read_bytes().replace(b'"scope": "all"', b'"scope": "some"'))
    monkeypatch.setattr(bans, "_find_running", lambda: None)
    assert say()[0].startswith(f"wrong    boot bans: {host}: jail 'a': 'some' is none of what is known")

    host.unlink()
    assert say()[0].startswith(f"unknown  boot bans: {host} is not there: no jail has started yet")


def test_who_is_not_root(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's file is not seen."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert say() == [f"unknown  boot bans: {host} is root's\n         -> sudo ideolab-f2b check"]


def test_the_usual_place() -> None:
    """Where the action writes by default."""
    assert str(DEFAULT_PATH) == "/var/lib/ideolab-f2b/sets.json"
