"""The systemd units of the commands, judged by systemd itself."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import load_command_class

from ideolab_accesslog.management import commands
from ideolab_accesslog.management.scheduled import ScheduledCommand

SYSTEMD = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
TIMERS = sorted(SYSTEMD.glob("ideolab-accesslog-*.timer"))
needs_systemd = pytest.mark.needs("systemd")


def commands_there() -> set[str]:
    return {path.stem for path in Path(commands.__path__[0]).glob("[a-z]*.py")}


@pytest.mark.root
@needs_systemd
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """In the timers, and in both services for each command that a timer starts."""
    for path in SYSTEMD.glob("ideolab-accesslog*"):
        shutil.copy(path, tmp_path)
    names = [*(path.name for path in TIMERS), "ideolab-accesslog-follow.service"]
    for template in ("ideolab-accesslog", "ideolab-accesslog-sudo"):
        names += [f"{template}@{instance(path)}.service" for path in TIMERS]

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in names)],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )

    assert [line for line in done.stderr.splitlines() if "ideolab" in line] == []


def instance(path: Path) -> str:
    """The command that a timer starts."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(path)
    return parser["Timer"]["Unit"].partition("@")[2].partition(".")[0]


def test_each_timer_starts_a_command_that_exists() -> None:
    """Five timers, five commands."""
    started = {instance(path) for path in TIMERS}

    assert len(TIMERS) == 5
    assert started <= commands_there()
    for name in started:
        assert isinstance(load_command_class("ideolab_accesslog", name), ScheduledCommand)


@pytest.mark.root
@needs_systemd
def test_the_sandbox_is_a_sandbox(tmp_path: Path) -> None:
    """systemd's own measure of the service without sudo: at most 3.0 of 10."""
    path = tmp_path / "ideolab-accesslog@unban_expired.service"
    shutil.copy(SYSTEMD / "ideolab-accesslog@.service", path)

    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=30", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout[-300:]


def test_the_docs_name_every_command() -> None:
    """docs/cron.md is where they are explained."""
    text = (SYSTEMD.parents[1] / "docs" / "cron.md").read_text()

    assert [name for name in commands_there() if name not in text] == []
