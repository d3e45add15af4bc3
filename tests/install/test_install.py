"""`install --root` from end to end: a package's staging directory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.install.staging import MANIFEST, root, run, tree

__all__ = ["root"]


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
