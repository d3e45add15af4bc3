"""Links, and what else stands where the installer expects a file: edited safely, or refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ideolab_f2b.install.source import find
from tests.install.staging import MANIFEST, root, run, tree

__all__ = ["root"]

BLOCK = "# >>> ideolab-f2b\n"


@pytest.fixture
def linked(root: Path) -> Path:
    """jail.local is a link into a directory of the configuration management; return the file behind it."""
    target = root / "srv/dotfiles/jail.local"
    target.parent.mkdir(parents=True)
    (root / "etc/fail2ban/jail.local").rename(target)
    target.chmod(0o640)
    (root / "etc/fail2ban/jail.local").symlink_to("/srv/dotfiles/jail.local")
    return target


def test_a_linked_jail_local_is_edited_where_it_is(
    root: Path, linked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run writes nothing; the link stays, the mode stays, and uninstall leaves what was there."""
    before = tree(root)

    assert run(capsys, "install", "--root", root, "--dry-run")[0] == 0
    assert tree(root) == before
    code, said, _errors = run(capsys, "install", "--root", root)
    assert code == 0
    assert f"created  /etc/fail2ban/jail.local  (our block, in {linked})" in said
    assert os.readlink(root / "etc/fail2ban/jail.local") == "/srv/dotfiles/jail.local"
    assert BLOCK in linked.read_text()
    assert stat.S_IMODE(linked.stat().st_mode) == 0o640
    assert {line.split()[0] for line in run(capsys, "install", "--root", root)[1]} == {"kept"}

    assert run(capsys, "uninstall", "--root", root)[0::2] == (0, "")
    assert tree(root) == before


def test_what_the_admin_changes_meanwhile_stays(
    root: Path, linked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The link becomes a file with another mode: uninstall takes the block out and widens nothing."""
    run(capsys, "install", "--root", root)
    (root / "etc/fail2ban/jail.local").unlink()
    linked.rename(root / "etc/fail2ban/jail.local")
    (root / "etc/fail2ban/jail.local").chmod(0o600)

    run(capsys, "uninstall", "--root", root)

    found = root / "etc/fail2ban/jail.local"
    assert (found.read_text(), stat.S_IMODE(found.lstat().st_mode)) == ("[DEFAULT]\nbantime = 1d\n", 0o600)


def test_directories_that_are_links_stay_in_their_root(
    root: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Absolute links of a staging directory lead to its own files, and never to those of this host."""
    name = tmp_path.name
    for path in ("etc/fail2ban", "var/log", "var/lib"):
        place = root / name / path
        place.mkdir(parents=True)
        if (root / path).exists():
            place.rmdir()
            (root / path).rename(place)
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).symlink_to(f"/{name}/{path}")
    before = tree(root)

    code, _said, errors = run(capsys, "install", "--root", root)

    assert (code, errors) == (0, "")
    assert BLOCK in (root / name / "etc/fail2ban/jail.local").read_text()
    assert (root / name / "var/log/ideolab/connmon.log").exists()
    assert (root / name / MANIFEST).exists()
    assert not Path("/", name).exists()
    assert run(capsys, "uninstall", "--root", root)[0::2] == (0, "")
    assert tree(root) == before


def _dangle(path: Path) -> None:
    path.symlink_to("/nowhere/jail.local")


def _circle(path: Path) -> None:
    path.symlink_to("jail.local")


def _second_name(path: Path) -> None:
    path.write_text("[DEFAULT]\n")
    os.link(path, path.with_name("jail.local.mine"))


def _share(path: Path) -> None:
    shared = path.parents[2] / "srv"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "jail.local").touch()
    path.symlink_to("/srv/jail.local")


def _share_file(path: Path) -> None:
    target = path.parents[2] / "jail.local"
    target.touch()
    target.chmod(0o666)
    path.symlink_to("/jail.local")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_dangle, "jail.local is a link to {root}/nowhere/jail.local, which is missing"),
        (_circle, "jail.local leads in a circle of links: remove the link"),
        (os.mkdir, "jail.local is no file, nor a link to one: move it away"),
        (os.mkfifo, "jail.local is no file, nor a link to one: move it away"),
        (_second_name, "jail.local has another name (a hard link)"),
        (_share, "others than root can write {root}/srv: let the link lead"),
        (_share_file, "others than root can write {root}/jail.local: let the link lead"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_jail_local_that_cannot_be_edited_safely_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str], make: object, sentence: str
) -> None:
    """With a sentence that names it and the way out, by a dry run too; nothing is changed."""
    local = root / "etc/fail2ban/jail.local"
    local.unlink()
    assert callable(make)
    make(local)
    before = tree(root)

    for words in (("--dry-run",), ()):
        code, said, errors = run(capsys, "install", "--root", root, *words)
        assert (code, said) == (1, [])
        assert sentence.format(root=root) in errors
        assert "Nothing was changed." in errors
    assert tree(root) == before


def test_our_files_take_the_place_of_links_and_give_it_back(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a link leads to is never written, also where its content is ours: its owner could change it."""
    run(capsys, "install", "--root", root)
    ours = (root / "usr/local/sbin/ideolab-fw-ip").read_bytes()
    run(capsys, "uninstall", "--root", root)
    for name in ("theirs", "checkout/ideolab_f2b"):
        (root / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "home" / name).write_bytes(ours)
    for path, target in (
        ("usr/local/sbin/ideolab-fw-ip", "/home/theirs"),
        ("usr/local/lib/ideolab-f2b", "/home/checkout"),
        ("etc/logrotate.d/ideolab-f2b", "/nowhere"),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    before = tree(root)

    code, said, _errors = run(capsys, "install", "--root", root)
    assert code == 0
    assert "changed  /usr/local/sbin/ideolab-fw-ip" in said
    assert not [path for path, found in tree(root).items() if found and found.link and "home" in found.link]
    assert run(capsys, "uninstall", "--root", root)[0::2] == (0, "")

    assert tree(root) == before


def test_settings_behind_a_link_are_the_admins(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are read there, and stay; one that leads nowhere is named."""
    (root / "etc/ideolab").mkdir()
    (root / "etc/ideolab/f2b.conf").symlink_to("/srv/f2b.conf")

    code, _said, errors = run(capsys, "install", "--root", root)
    assert (code, "/etc/ideolab/f2b.conf is no file, nor a link to one" in errors) == (1, True)

    (root / "srv").mkdir()
    (root / "srv/f2b.conf").write_text("[connmon]\nport = 8443\n")
    before = tree(root)
    assert run(capsys, "install", "--root", root)[0] == 0
    assert "port = 8443\n" in (root / "etc/fail2ban/jail.local").read_text()
    run(capsys, "uninstall", "--root", root)
    assert tree(root) == before


@pytest.mark.parametrize(
    "path", ["etc/fail2ban/filter.d/ideolab-connmon.conf", "etc/logrotate.d/ideolab-f2b"]
)
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_replaced(
    root: Path, capsys: pytest.CaptureFixture[str], path: str, make: object
) -> None:
    """It could not come back, and a pipe would be waited for."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    assert callable(make)
    make(root / path)
    before = tree(root)

    code, said, errors = run(capsys, "install", "--root", root)

    assert (code, said) == (1, [])
    assert f"/{path} is no file, nor a link to one: move it away, then install again" in errors
    assert tree(root) == before


#: what a container and a store of packages have in the place of jail.local
_MOUNTED = 'mount --bind "$0/srv/jail.local" "$0/etc/fail2ban/jail.local"'
_READ_ONLY = 'mount --bind "$0/etc/fail2ban" "$0/etc/fail2ban" && mount -o remount,bind,ro "$0/etc/fail2ban"'


@pytest.mark.root
@pytest.mark.parametrize(
    ("mount", "sentence"),
    [
        (_MOUNTED, "jail.local is a mount point: mount its directory, or write our block there yourself"),
        (_READ_ONLY, "jail.local cannot be written: put a file that root can write in its place"),
    ],
)
def test_a_jail_local_that_nothing_can_replace_is_refused(root: Path, mount: str, sentence: str) -> None:
    """Before anything is put in place; root's rights do not help there."""
    (root / "srv").mkdir()
    (root / "srv/jail.local").touch()
    before = tree(root)
    install = f'{mount} && exec "$1" -m ideolab_f2b install --root "$0"'

    private = ("unshare", "--mount", "--propagation", "private", "/bin/sh", "-c")
    done = subprocess.run(
        [*private, install, str(root), sys.executable],
        capture_output=True, text=True, timeout=120, cwd=find().package.parent,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert tree(root) == before


@pytest.mark.root
@pytest.mark.parametrize("path", ["usr/local/sbin", "usr/local/lib", "etc/logrotate.d"])
def test_no_file_of_roots_is_put_where_another_user_can_write(
    root: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    """A dry run says so too."""
    home = root / "home/alice"
    home.mkdir(parents=True)
    os.chown(home, 65534, -1)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to("/home/alice")
    before = tree(root)

    for words in (("--dry-run",), ()):
        code, said, errors = run(capsys, "install", "--root", root, *words)
        assert (code, said) == (1, [])
        assert f"others than root can write {home}: let the link lead" in errors
    assert tree(root) == before
