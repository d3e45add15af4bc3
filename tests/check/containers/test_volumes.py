"""What outlives a container of the pack, from the mounts that the kernel shows in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.containers import volumes
from ideolab_f2b.config import Settings
from ideolab_f2b.places import COMPOSE

MOUNTINFO = """\
512 477 0:78 / / ro,relatime master:12 - overlay overlay rw,lowerdir=/l
530 512 0:87 / /run rw,nosuid - tmpfs tmpfs rw
532 530 254:0 /volumes/netns/_data /run/ideolab-netns ro,relatime master:10 - ext4 /dev/vda rw
538 512 254:0 /volumes/state/_data /var/lib/ideolab rw,relatime master:10 - ext4 /dev/vda rw
539 512 0:40 / /var/log/ideolab rw,relatime - tmpfs tmpfs rw
540 512 254:0 /a\\040b /var/lib/fail2ban rw,relatime master:10 - overlay overlay rw
"""


def test_the_innermost_mount_counts() -> None:
    """And a name that only begins alike is another directory."""
    mounts = volumes.parse(MOUNTINFO)
    paths = ("/var/lib/ideolab/x", "/var/lib/ideolab-f2b", "/run/ideolab-netns/sock", "/run/fail2ban", "/etc")

    assert [volumes.find_kind(mounts, path) for path in paths] == ["ext4", None, "ext4", "tmpfs", None]


def test_each_directory_has_its_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume may be of any kind that is not memory: a host's own root may be an overlay."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTINFO)
    monkeypatch.setenv(COMPOSE, "docker compose")
    answer = "Current database file is:\n`- /var/lib/fail2ban/fail2ban.sqlite3\n"
    monkeypatch.setattr(fail2ban_client, "ask", lambda *_words: answer)

    assert [f"{one.state} {one.text}" for one in volumes.volumes(Settings(), mounts)] == [
        "ok /var/lib/fail2ban/fail2ban.sqlite3 outlives the container",
        "wrong /var/log/ideolab ends with this container: what connmon writes does not come to fail2ban",
        "ok /var/lib/ideolab outlives the container",
        "wrong /var/lib/ideolab-f2b ends with this container: with the container it is forgotten what was"
        " unbanned",
        "wrong /etc/ideolab ends with this container: connmon has other settings, and changes are lost with"
        " the container",
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "Database currently disabled\n",
            "wrong fail2ban has no database: a new container knows no ban, and lifts what it finds in the"
            " kernel",
        ),
        (
            "Current database file is:\n`- /tmp/x\n",
            "wrong /tmp/x ends with this container: a new container knows no ban, and lifts what it finds in"
            " the kernel",
        ),
        (fail2ban_client.ServerDownError("down"), "unknown where fail2ban keeps its bans is not known: down"),
    ],
)
def test_the_database(
    answer: str | Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fail2ban says where it is."""

    def ask(*_words: str) -> str:
        if isinstance(answer, Exception):
            raise answer
        return answer

    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTINFO)
    monkeypatch.setenv(COMPOSE, "docker compose")
    monkeypatch.setattr(fail2ban_client, "ask", ask)

    first = next(volumes.volumes(Settings(), mounts))
    assert f"{first.state} {first.text}" == said


def test_a_host_has_no_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked there."""
    monkeypatch.delenv(COMPOSE, raising=False)

    assert list(volumes.volumes(Settings())) == []
