"""The sshd jail of a host on which the installer had to write a section for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check import sshd
from ideolab_f2b.config import Settings
from ideolab_f2b.places import NO_LOG

OFF = "# >>> ideolab-f2b\n[a]\nx = 1\n\n# a word\n[sshd]\nenabled = false\n# <<< ideolab-f2b\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (OFF, "enabled = false\n"),
        ("[sshd]\nenabled = true\n", None),
        ("", None),
        (
            "# >>> ideolab-f2b\n[sshd]\nlogpath = a\n          b\n[c]\n# <<< ideolab-f2b\n",
            "logpath = a\n          b\n",
        ),
    ],
)
def test_what_our_block_says(text: str, found: str | None) -> None:
    """Of this jail, and only our block: the admin's section is not ours to judge."""
    assert sshd.section(text) == found


@pytest.mark.parametrize(
    ("has_source", "is_off", "reads_log", "said"),
    [
        (False, True, False, "None"),
        (False, False, False, "None"),
        (True, False, True, "ok       sshd jail: reads a log"),
        (
            True, True, False,
            "wrong    sshd jail: is off, though this host has a log of sshd now\n"
            "         -> ideolab-f2b install; fail2ban-client reload",
        ),
        (
            True, False, False,
            "wrong    sshd jail: reads no log, though this host has a log of sshd now\n"
            "         -> ideolab-f2b install; fail2ban-client reload",
        ),
    ],
)  # fmt: skip
def test_the_verdict(has_source: bool, is_off: bool, reads_log: bool, said: str) -> None:
    """A jail that is off is named once it could be on."""
    assert str(sshd.judge(has_source, is_off=is_off, reads_log=reads_log)) == said


def test_the_jail_of_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off in an image, and then with the log's place taken by another file."""
    path = tmp_path / "jail.local"
    log = tmp_path / "auth.log"
    logs = f"Current monitored log file(s):\n`- {NO_LOG}\n"
    monkeypatch.setattr(sshd, "AUTH_LOG", log)
    monkeypatch.setattr(sshd, "has_journal", lambda: False)
    monkeypatch.setattr(fail2ban_client, "ask", lambda *_words: logs)

    def states() -> list[str]:
        return [verdict.state for verdict in sshd.sshd_jail(Settings(), path)]

    assert states() == []
    path.write_text(OFF)
    assert states() == []
    log.touch()
    assert states() == ["wrong"]
    path.write_text(OFF.replace("enabled = false", "logpath = %(sshd_log)s"))
    assert states() == ["wrong"]
    logs = f"Current monitored log file(s):\n|- {log}\n`- {NO_LOG}\n"
    assert states() == ["ok"]
    path.write_text(OFF.replace("enabled = false", "backend = systemd"))
    assert states() == []
