"""Whether systemd runs, and the command that restarts a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import places


def test_systemd_is_found_as_sd_booted_does(tmp_path: Path) -> None:
    """By its directory in /run."""
    assert places.runs_systemd(tmp_path) is True
    assert places.runs_systemd(tmp_path / "none") is False


@pytest.mark.parametrize(
    ("has_systemd", "command"),
    [(True, "systemctl restart fail2ban"), (False, "/etc/init.d/fail2ban restart")],
)
def test_the_command_is_one_that_this_host_has(
    has_systemd: bool, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader can paste it."""
    monkeypatch.setattr(places, "runs_systemd", lambda: has_systemd)

    assert places.restart("fail2ban") == command


def test_no_jail_is_in_two_tables() -> None:
    """Each is enabled by one option."""
    tables = (places.JAILS, places.NGINX_JAILS, places.DJANGO_JAILS)

    assert len(places.ALL_JAILS) == sum(map(len, tables))
