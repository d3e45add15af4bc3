"""The logs that --nginx and --django bring, and whether the web user can write its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b import manifest
from ideolab_f2b.check import logs
from ideolab_f2b.config import Paths, Settings
from ideolab_f2b.manifest import InstallOptions, Manifest

#: the group of the site
GROUP, GID = "www-data", 33


def write_manifest(directory: Path, options: InstallOptions) -> Path:
    path = directory / "manifest.json"
    manifest.save(Manifest("0.1.0", (), {}, options), path)
    return path


def test_a_host_without_options_has_no_more_logs(tmp_path: Path) -> None:
    """Nor one where nothing is installed."""
    settings = Settings(paths=Paths(log_dir=tmp_path))

    assert list(logs.optional_logs(settings, tmp_path / "none")) == []
    assert list(logs.optional_logs(settings, write_manifest(tmp_path, InstallOptions()))) == []


def test_the_logs_of_nginx_have_to_be_there(tmp_path: Path) -> None:
    """fail2ban would not start again."""
    path = write_manifest(tmp_path, InstallOptions(nginx=True))

    found = list(logs.optional_logs(Settings(paths=Paths(log_dir=tmp_path)), path))

    assert [(one.check, one.state) for one in found] == [
        ("log nginx-error.log", "wrong"),
        ("log nginx-access.log", "wrong"),
    ]


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    """Whether a site was asked for stands in a file of root's."""
    path = tmp_path / "manifest.json"
    path.write_text("{")

    assert [one.state for one in logs.optional_logs(Settings(), path)] == ["unknown"]


def test_the_group_of_a_site_may_be_gone() -> None:
    """Named, with the way out."""
    (verdict,) = logs.site_logs(Settings(), "f2bfnobody")

    assert str(verdict) == (
        "wrong    log of a site: there is no group f2bfnobody any more\n"
        "         -> ideolab-f2b install --django USER"
    )


def test_each_log_of_the_site_has_a_line(tmp_path: Path) -> None:
    """Of those that it writes or reads, and of no other."""
    settings = Settings(paths=Paths(log_dir=tmp_path))
    found = list(
        logs.site_logs(
            settings, GROUP, lambda path, gid, way: (path.name, gid, way) == ("manual.log", GID, logs.WRITE)
        )
    )

    assert [str(one).splitlines()[0] for one in found] == [
        f"wrong    site connmon_events.jsonl: no process of the group www-data can read {tmp_path}/"
        "connmon_events.jsonl: the site's security dashboard is empty",
        f"ok       site manual.log: a process of the group www-data can write {tmp_path}/manual.log",
        f"wrong    site traship.log: no process of the group www-data can write {tmp_path}/traship.log:"
        " the site's bans and offences are lost",
    ]


@pytest.mark.root
def test_whether_the_web_user_can_write_is_tried(tmp_path: Path) -> None:
    """By the mode, the group, the directories above, and never through a link."""
    path = tmp_path / "manual.log"
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == os.geteuid() and str(above).startswith("/tmp/"):
            above.chmod(0o755)
    assert not logs.is_allowed(path, GID, logs.WRITE)
    path.touch()
    os.chown(path, 0, GID)
    path.chmod(0o660)
    assert logs.is_allowed(path, GID, logs.WRITE)
    assert not logs.is_allowed(path, GID + 1, logs.WRITE)

    tmp_path.chmod(0o700)
    assert not logs.is_allowed(path, GID, logs.WRITE)
    tmp_path.chmod(0o755)
    # what a boot made of it before tmpfiles.d knew the group
    path.chmod(0o640)
    assert not logs.is_allowed(path, GID, logs.WRITE)
    path.chmod(0o666)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert not logs.is_allowed(path, GID, logs.WRITE)


@pytest.mark.root
def test_whether_the_web_user_can_read_is_tried(tmp_path: Path) -> None:
    """The group of the file decides, and it gets nothing more than to read."""
    path = tmp_path / "connmon_events.jsonl"
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == os.geteuid() and str(above).startswith("/tmp/"):
            above.chmod(0o755)
    path.touch()
    os.chown(path, 0, GID)
    path.chmod(0o640)

    assert logs.is_allowed(path, GID, logs.READ)
    assert not logs.is_allowed(path, GID, logs.WRITE)
    assert not logs.is_allowed(path, GID + 1, logs.READ)
    assert str(logs.judge_site_log(path, GROUP, logs.READ, True)) == (
        f"ok       site connmon_events.jsonl: a process of the group www-data can read {path}"
    )
