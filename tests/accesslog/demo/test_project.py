"""The throw-away project is for this machine alone, and every file of it is in its directory."""

from __future__ import annotations

from pathlib import Path

from ideolab_accesslog.conf import DEFAULTS
from ideolab_accesslog.demo.project import make_settings


def test_no_other_name_is_answered() -> None:
    """A debug site must not stand behind a proxy."""
    assert make_settings(Path("/d"))["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost"]


def test_no_secret_comes_twice() -> None:
    """Each site signs its sessions with a key of its own."""
    first, second = (make_settings(Path("/d"))["SECRET_KEY"] for _turn in range(2))

    assert first != second
    assert len(first) > 50


def test_all_files_are_in_the_directory() -> None:
    """So that nothing is left, and no real log is written."""
    made = make_settings(Path("/d"))
    paths = [
        value
        for value in made.values()
        if isinstance(value, str) and value.startswith("/") and value != "/static/"
    ]
    unset = [
        name for name, value in DEFAULTS.items() if str(value).startswith("/var/log") and name not in made
    ]

    assert made["DATABASES"]["default"]["NAME"] == "/d/db.sqlite3"
    assert [path for path in paths if not path.startswith("/d")] == []
    assert unset == []


def test_no_firewall_is_told() -> None:
    """The site has the default, which tells none."""
    assert "TRASHIP_FIREWALL_EXECUTE" not in make_settings(Path("/d"))
    assert DEFAULTS["TRASHIP_FIREWALL_EXECUTE"] is False
