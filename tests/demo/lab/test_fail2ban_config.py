"""What a fail2ban-server of the lab is given to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.fail2ban_config import DISTRIBUTION, report_action, write_distribution, write_smallest


def _names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if path.name != "__pycache__"}


def test_smallest(tmp_path: Path) -> None:
    """The pack's files and two of fail2ban's own; every path of the server is below the directory."""
    write_smallest(tmp_path / "server")

    config = tmp_path / "server" / "config"
    assert _names(config) == {"action.d", "fail2ban.conf", "filter.d", "jail.conf", "jail.d"}
    for name in ("action.d", "filter.d", "jail.d"):
        assert _names(config / name) == _names(REPOSITORY / name)
    paths = re.findall(r"= (/\S+)", (config / "fail2ban.conf").read_text())
    assert [str(Path(path).parent) for path in paths] == [str(tmp_path / "server")] * 4


def test_jails_write_and_read_below_the_directory(tmp_path: Path) -> None:
    """Logs and the report action's files; nothing of the host."""
    write_smallest(tmp_path)

    jails = (tmp_path / "config" / "jail.d" / "ideolab.conf").read_text()
    own = "\n".join(line for line in jails.splitlines() if not line.startswith("#"))
    assert "/var/log/ideolab" not in own
    assert f"logpath  = {tmp_path}/connmon.log" in own
    assert report_action(tmp_path) == f"ideolab-report.py[config={tmp_path}/f2b.conf, state={tmp_path}/state]"
    assert own.count("ideolab-report.py") == own.count(report_action(tmp_path)) > 5
    assert f"state_dir = {tmp_path}\n" in (tmp_path / "f2b.conf").read_text()


@pytest.mark.needs("fail2ban")
def test_distribution(tmp_path: Path) -> None:
    """The package's files stand beside the pack's; the host's own jails do not."""
    write_distribution(tmp_path)

    config = tmp_path / "config"
    assert (config / "jail.conf").read_bytes() == (DISTRIBUTION / "jail.conf").read_bytes()
    assert {"iptables.conf", "ideolab-ban.py"} <= _names(config / "action.d")
    assert {"sshd.conf", "ideolab-connmon.conf"} <= _names(config / "filter.d")
    assert _names(config / "jail.d") == _names(REPOSITORY / "jail.d")
    assert f"logtarget = {tmp_path}/fail2ban.log" in (config / "fail2ban.local").read_text()
