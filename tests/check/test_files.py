"""Settings, logs, the clock and the installed files: what is wrong with them, and how they are read."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from ideolab_f2b import manifest
from ideolab_f2b.check import files
from ideolab_f2b.config import Connmon, Paths, Settings
from ideolab_f2b.manifest import Entry, Manifest, digest_of
from ideolab_f2b.places import restart

ME = pwd.getpwuid(os.getuid()).pw_name
LOG = "/var/log/ideolab/connmon.log"
NOW = 1795363384.0
CODE = Entry("file", "/etc/fail2ban/action.d/ideolab-ban.py", "c0de")
JAILS = Entry("file", "/etc/fail2ban/jail.d/ideolab.conf", "ja11")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (files.LogStat(True, "ideolab", 0o640), f"ok       log connmon.log: {LOG}"),
        (None, f"wrong    log connmon.log: {LOG} is missing: fail2ban would not start again"),
        (files.LogStat(False, "ideolab", 0o640), f"wrong    log connmon.log: {LOG} is not a regular file"),
        (
            files.LogStat(True, "root", 0o640),
            f"wrong    log connmon.log: {LOG} belongs to root: connmon cannot write it",
        ),
    ],
)
def test_a_log(found: files.LogStat | None, said: str) -> None:
    """There, a file, and connmon's."""
    assert str(files.judge_log(Path(LOG), found)).splitlines()[0] == said


def test_the_log_of_a_host_that_observes(tmp_path: Path) -> None:
    """Looked at only there; fail2ban does not need it."""
    paths = Paths(log_dir=tmp_path)
    names = [one.check for one in files.logs(Settings(paths=paths))]
    verdicts = list(files.logs(Settings(Connmon(observe=True), paths)))

    assert "log connmon-observed.log" not in names
    (missing,) = [one for one in verdicts if one.check == "log connmon-observed.log"]
    assert missing.text == f"{tmp_path}/connmon-observed.log is missing"


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        (
            None,
            "unknown  clock: there is no log line to compare it with\n"
            f"         -> {restart('ideolab-connmon')}",
        ),
        (NOW - 9, "ok       clock: no log line is later than now"),
        (
            NOW + 3600,
            "wrong    clock: the log is 3600 s ahead of now: the clock was set back, so bans end at the"
            " wrong time\n"
            "         -> timedatectl set-ntp true",
        ),
    ],
)
def test_the_clock(newest: float | None, said: str) -> None:
    """A line from the future means that the clock went back."""
    assert str(files.judge_clock(newest, NOW)) == said


@pytest.mark.parametrize(
    ("code", "jails", "said"),
    [
        ("c0de", "ja11", "ok       files: all 2 are there"),
        (
            "c0de", "mine",
            "ok       files: all 2 are there; changed by you: /etc/fail2ban/jail.d/ideolab.conf",
        ),
        (
            "bad", "ja11",
            "wrong    files: changed since the install: /etc/fail2ban/action.d/ideolab-ban.py\n"
            "         -> ideolab-f2b install",
        ),
        (
            "c0de", None,
            "wrong    files: missing: /etc/fail2ban/jail.d/ideolab.conf\n"
            "         -> ideolab-f2b install (or scripts/install)",
        ),
    ],
)  # fmt: skip
def test_our_files(code: str, jails: str | None, said: str) -> None:
    """Code is ours alone; configuration is the admin's to change."""
    assert str(files.judge_files([CODE, JAILS], {CODE.path: code, JAILS.path: jails})) == said


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(paths=Paths(log_dir=tmp_path, state_dir=tmp_path, textfile_dir=tmp_path))


def states(verdicts: object) -> list[tuple[str, str]]:
    return [(verdict.check, verdict.state) for verdict in verdicts]  # type: ignore[attr-defined]


def test_settings_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """With the key; none at all is fine."""
    path = tmp_path / "f2b.conf"
    assert [str(verdict) for verdict in files.settings_file(path)] == [
        f"ok       settings: no {path}: the defaults apply"
    ]

    path.write_text("[connmon]\nport = x\n")
    (verdict,) = files.settings_file(path)

    assert verdict.state == "wrong"
    assert "[connmon] port = 'x'" in verdict.text


def test_logs_are_looked_at_one_by_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, and then there."""
    monkeypatch.setattr(files, "USER", ME)
    assert [state for _check, state in states(files.logs(settings))] == ["wrong", "wrong", "wrong"]

    for path in (settings.paths.connmon_log, settings.paths.manual_log, settings.paths.events):
        path.touch(mode=0o640)

    assert states(files.logs(settings)) == [
        ("log connmon.log", "ok"),
        ("log connmon_events.jsonl", "ok"),
        ("log manual.log", "ok"),
    ]


def test_the_clock_is_compared_with_the_last_line(settings: Settings) -> None:
    """Its time counts with its zone; a garbled line counts by the file's time."""
    log = settings.paths.connmon_log
    log.write_text(
        "2026-11-22T14:52:01+0000 connmon: suspect 198.51.100.10\n2100-01-01T00:00:00+0200 connmon: x\n"
    )
    assert states(files.clock(settings)) == [("clock", "wrong")]

    log.write_text("garbled\n")
    assert states(files.clock(settings)) == [("clock", "ok")]
    log.unlink()
    assert states(files.clock(settings)) == [("clock", "unknown")]


def test_installed_files_are_compared_with_the_manifest(tmp_path: Path) -> None:
    """Nothing installed, all there, one changed, one gone."""
    path = tmp_path / "manifest"
    assert states(files.ours(tmp_path, Path("/manifest"))) == [("files", "wrong")]

    (tmp_path / "x.py").write_bytes(b"pass\n")
    (tmp_path / "log").mkdir()
    entries = (Entry("file", "/x.py", digest_of(b"pass\n")), Entry("whole", "/log"), Entry("user", "ideolab"))
    manifest.save(Manifest("0.1.0", entries), path)
    assert states(files.ours(tmp_path, Path("/manifest"))) == [("files", "ok")]

    (tmp_path / "x.py").write_bytes(b"raise\n")
    (changed,) = files.ours(tmp_path, Path("/manifest"))
    assert changed.text == "changed since the install: /x.py"
    (tmp_path / "x.py").unlink()
    (missing,) = files.ours(tmp_path, Path("/manifest"))
    assert missing.text == "missing: /x.py"
    path.write_text("{")
    assert states(files.ours(tmp_path, Path("/manifest"))) == [("files", "wrong")]


def test_a_pipe_in_place_of_a_log(settings: Settings) -> None:
    """The directory is another user's: he must not stop root's check."""
    os.mkfifo(settings.paths.connmon_log)

    (verdict,) = files.clock(settings)

    assert (verdict.state, verdict.text) == ("unknown", f"{settings.paths.connmon_log} is no regular file")
