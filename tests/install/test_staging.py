"""`install --root` and `uninstall --root` from end to end: a package's staging directory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.manifest import Saved

MANIFEST = "var/lib/ideolab-f2b.manifest.json"


def tree(root: Path) -> dict[str, Saved | None]:
    """Everything below with mode and content."""
    return {str(path.relative_to(root)): Saved.of(path) for path in sorted(root.rglob("*"))}


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """With a fail2ban that has a jail.local of its own."""
    root = tmp_path / "root"
    (root / "etc" / "fail2ban").mkdir(parents=True)
    (root / "etc" / "fail2ban" / "jail.local").write_text("[DEFAULT]\nbantime = 1d\n")
    yield root


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[str], str]:
    code = cli.main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err


def test_a_second_install_keeps_everything(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And changes nothing, not even the manifest."""
    code, said, _errors = run(capsys, "install", "--root", root)
    after = tree(root)

    again, said_again, _errors = run(capsys, "install", "--root", root)

    assert (code, again) == (0, 0)
    assert {line.split()[0] for line in said} == {"created", "kept"}
    assert {line.split()[0] for line in said_again} == {"kept"}
    assert tree(root).keys() == after.keys()
    assert [path for path, found in tree(root).items() if found != after[path]] == []


def test_a_dry_run_says_the_same_and_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line."""
    before = tree(root)

    code, dry, _errors = run(capsys, "install", "--root", root, "--dry-run")
    assert tree(root) == before
    _code, wet, _errors = run(capsys, "install", "--root", root)

    assert (code, dry) == (0, wet)


def test_uninstall_leaves_what_was_there(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To the byte; logs and state of the meantime go too."""
    before = tree(root)
    run(capsys, "install", "--root", root)
    (root / "var/log/ideolab/connmon.log.1").write_text("rotated\n")
    (root / "var/lib/ideolab/cache.sqlite3").write_text("cache")

    dry, said_dry, _errors = run(capsys, "uninstall", "--root", root, "--dry-run")
    assert (root / MANIFEST).exists()
    code, said, errors = run(capsys, "uninstall", "--root", root)

    assert (dry, code, errors) == (0, 0, "")
    assert len(said_dry) == len(said)
    assert tree(root) == before


def test_uninstall_twice_says_that_there_is_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And that is no error."""
    run(capsys, "install", "--root", root)
    run(capsys, "uninstall", "--root", root)

    assert run(capsys, "uninstall", "--root", root) == (
        0,
        [f"nothing is installed: there is no {root}/{MANIFEST}"],
        "",
    )


def test_settings_and_logs_can_be_kept(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By options; the rest goes."""
    run(capsys, "install", "--root", root)
    (root / "etc/ideolab/f2b.conf").write_text("[connmon]\nport = 8443\n")
    (root / "var/log/ideolab/connmon.log").write_text("a line\n")

    run(capsys, "uninstall", "--root", root, "--keep-config", "--keep-logs")

    assert (root / "etc/ideolab/f2b.conf").read_text() == "[connmon]\nport = 8443\n"
    assert (root / "var/log/ideolab/connmon.log").read_text() == "a line\n"
    assert not (root / "usr").exists()


def test_settings_of_the_admin_reach_jails_and_daemons(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A f2b.conf that was there first is kept, and followed."""
    (root / "etc/ideolab").mkdir()
    (root / "etc/ideolab/f2b.conf").write_text("[connmon]\nport = 8443\n[paths]\nlog_dir = /srv/log\n")

    code, said, _errors = run(capsys, "install", "--root", root)

    assert code == 0
    assert (
        "kept     /etc/ideolab/f2b.conf  (changed by you; the pack's own is in /usr/local/lib/ideolab-f2b)"
        in said
    )
    assert (root / "srv/log/connmon.log").exists()
    assert "logpath = /srv/log/connmon.log\nport = 8443\n" in (root / "etc/fail2ban/jail.local").read_text()
    rotation = (root / "etc/logrotate.d/ideolab-f2b").read_text()
    assert "\n/srv/log/connmon.log\n" in rotation
    assert "\n/srv/log/nginx-access.log {\n" in rotation
    assert "/var/log" not in rotation


def test_settings_that_are_wrong_stop_the_install(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is written."""
    (root / "etc/ideolab").mkdir()
    (root / "etc/ideolab/f2b.conf").write_text("[connmon]\nprot = 8443\n")
    before = tree(root)

    code, said, errors = run(capsys, "install", "--root", root)

    assert (code, said) == (1, [])
    assert "[connmon] has no key 'prot'" in errors
    assert tree(root) == before


def test_a_manifest_that_is_garbled_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without it nobody knows what to take out."""
    run(capsys, "install", "--root", root)
    (root / MANIFEST).write_text("{")

    code, _said, errors = run(capsys, "uninstall", "--root", root)

    assert code == 1
    assert f"{root}/{MANIFEST}: no manifest of ideolab-f2b" in errors


def test_the_manifest_is_roots_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may hold what stood in files that not everybody may read."""
    run(capsys, "install", "--root", root)

    assert (root / MANIFEST).stat().st_mode & 0o777 == 0o600
    assert json.loads((root / MANIFEST).read_text())["services"] == {}


def test_the_program_runs_from_the_staged_library(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the installed one will: with the library's own place and nothing else of ours in the path."""
    run(capsys, "install", "--root", root)
    program = (root / "usr/local/bin/ideolab-f2b").read_text()

    assert program.splitlines()[0] == "#!/usr/bin/python3 -I"
    assert 'sys.path.insert(0, "/usr/local/lib/ideolab-f2b")' in program
    assert os.access(root / "usr/local/bin/ideolab-f2b", os.X_OK)
    assert (root / "usr/local/lib/ideolab-f2b/ideolab_f2b/cli.py").exists()
