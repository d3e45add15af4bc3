"""The units that build the list anew, judged by systemd itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ideolab_f2b import cli

SYSTEMD = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
NAMES = ("ideolab-geo.service", "ideolab-geo.timer")


@pytest.mark.root
@pytest.mark.needs("systemd")
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """The program is not there while it looks: that alone it says."""
    for name in NAMES:
        shutil.copy(SYSTEMD / name, tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in NAMES)],
        capture_output=True, text=True, timeout=120,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "ideolab" in line]

    assert [line for line in said if "ideolab-f2b is not executable" not in line] == []


def test_what_the_service_runs() -> None:
    """It builds, and renews what is in force; both are commands with these options."""
    commands = re.findall(
        r"^ExecStart=/usr/local/bin/ideolab-f2b (.+)$", (SYSTEMD / NAMES[0]).read_text(), re.MULTILINE
    )

    assert commands == ["geo build", "geo apply --renew"]
    for command in commands:
        cli.parser("geo").parse_args(command.split())


def test_the_timer_has_a_random_delay() -> None:
    """Not all hosts fetch and build at midnight, and one that was off does it at its start."""
    lines = (SYSTEMD / NAMES[1]).read_text().splitlines()

    assert {"OnCalendar=daily", "RandomizedDelaySec=6h", "Persistent=yes"} <= set(lines)
