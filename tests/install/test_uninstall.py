"""`uninstall --root` from end to end: everything is as it was before the install."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.install import place, uninstall
from ideolab_f2b.manifest import Entry
from tests.install.staging import MANIFEST, root, run, tree

__all__ = ["root"]


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


def test_a_manifest_that_is_garbled_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without it nobody knows what to take out."""
    run(capsys, "install", "--root", root)
    (root / MANIFEST).write_text("{")

    code, _said, errors = run(capsys, "uninstall", "--root", root)

    assert code == 1
    assert f"{root}/{MANIFEST}: no manifest of ideolab-f2b" in errors


def test_the_directory_of_the_socket_goes(tmp_path: Path) -> None:
    """With what is in it; a link to another directory is not ours."""
    said: list[str] = []
    place_of_socket, other = tmp_path / "ideolab", tmp_path / "other"
    uninstall._remove_run(said.append, place_of_socket)
    other.mkdir()
    place_of_socket.symlink_to(other)
    uninstall._remove_run(said.append, place_of_socket)
    place_of_socket.unlink()
    place_of_socket.mkdir()
    (place_of_socket / "nginx.sock").touch()
    assert (said, other.is_dir()) == ([], True)

    uninstall._remove_run(said.append, place_of_socket)

    assert (said, place_of_socket.exists()) == ([f"removed  {place_of_socket}"], False)


def test_a_user_is_called_a_user() -> None:
    """Not a path that has no slash."""
    assert place.removal("removed", Entry("user", "ideolab")) == "removed  the user ideolab"
    assert place.removal("removed", Entry("file", "/a"), "changed since") == "removed  /a  (changed since)"
