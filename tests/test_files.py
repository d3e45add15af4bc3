"""files: replaced at once, opened without a surprise."""

from __future__ import annotations

import os
import stat
import struct
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from ideolab_f2b import files


def mode_of(path: Path) -> int:
    """The permission bits of a file."""
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("is_durable", [False, True])
def test_replace_puts_the_whole_file_with_its_mode(tmp_path: Path, is_durable: bool) -> None:
    """Whatever the umask is; nothing stays beside it."""
    path = tmp_path / "a.prom"
    path.write_text("old")
    before = os.umask(0o077)
    try:
        files.replace(path, b"new\n", 0o644, is_durable=is_durable)
    finally:
        os.umask(before)

    assert (path.read_bytes(), mode_of(path)) == (b"new\n", 0o644)
    assert os.listdir(tmp_path) == ["a.prom"]


def test_a_failed_replace_leaves_the_old_file(tmp_path: Path) -> None:
    """A directory in the way: an error, and nothing beside it."""
    path = tmp_path / "taken"
    path.mkdir()

    with pytest.raises(IsADirectoryError) as caught:
        files.replace(path, b"new", 0o600)

    assert str(caught.value) == f"[Errno 21] Is a directory: '{path}'"
    assert os.listdir(tmp_path) == ["taken"]
    with pytest.raises(FileNotFoundError) as missing:
        files.replace(tmp_path / "none" / "a", b"new", 0o600)
    assert str(missing.value) == f"[Errno 2] No such file or directory: '{tmp_path}/none/a'"


def test_replace_asks_for_no_owner_when_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox of connmon and intake ends a process that calls fchown(2), even with -1 and -1."""

    def killed(*_arguments: int) -> None:
        raise AssertionError("fchown was called")

    monkeypatch.setattr(os, "fchown", killed)
    files.replace(tmp_path / "ideolab.prom", b"up 1\n", 0o644)

    assert (tmp_path / "ideolab.prom").read_bytes() == b"up 1\n"


def test_replace_works_where_posix_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Django app replaces its metrics file on Windows too, whose os has none of these names."""
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "fchmod", "fchown"):
        monkeypatch.delattr(os, name)
    # a copy of its own: other modules keep the classes that they have imported
    spec = spec_from_file_location("files_elsewhere", files.__file__)
    assert spec is not None and spec.loader is not None
    elsewhere = module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    path = tmp_path / "a.prom"

    elsewhere.replace(path, b"new\n", 0o644)

    assert (path.read_bytes(), mode_of(path)) == (b"new\n", 0o644)
    assert os.listdir(tmp_path) == ["a.prom"]


def test_replace_takes_the_place_of_a_link(tmp_path: Path) -> None:
    """The link's target keeps its content: a stranger who planted it gains nothing."""
    target, path = tmp_path / "target", tmp_path / "link"
    target.write_text("kept")
    path.symlink_to(target)

    files.replace(path, b"new", 0o600)

    assert (target.read_text(), path.read_text(), path.is_symlink()) == ("kept", "new", False)


def test_open_to_read_takes_a_regular_file(tmp_path: Path) -> None:
    """And gives its bytes."""
    path = tmp_path / "a"
    path.write_bytes(b"text")

    with files.open_to_read(path) as file:
        assert file.read() == b"text"


def test_open_to_read_refuses_all_else(tmp_path: Path) -> None:
    """A link is not followed, a pipe is not waited for, a directory is no file."""
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.write_text("secret")
    link.symlink_to(target)
    os.mkfifo(pipe)

    with pytest.raises(OSError):
        files.open_to_read(link)
    for path in (pipe, tmp_path):
        with pytest.raises(files.NotRegularError, match="is no regular file"):
            files.open_to_read(path)
    with pytest.raises(FileNotFoundError):
        files.open_to_read(tmp_path / "absent")


def test_open_to_append_creates_with_the_mode_and_adds_at_the_end(tmp_path: Path) -> None:
    """A second opening finds the same file."""
    path = tmp_path / "log"
    for text in (b"one\n", b"tw"):
        descriptor = files.open_to_append(path, 0o640)
        os.write(descriptor, text)
        os.close(descriptor)

    descriptor = files.open_to_append(path, 0o640)
    assert not files.ends_a_line(descriptor)
    os.close(descriptor)
    assert (path.read_bytes(), mode_of(path) & ~0o640) == (b"one\ntw", 0)


def test_open_to_append_refuses_a_link_and_a_pipe(tmp_path: Path) -> None:
    """Neither is ours to write to; a pipe would stop the writer."""
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.touch()
    link.symlink_to(target)
    os.mkfifo(pipe)

    with pytest.raises(OSError):
        files.open_to_append(link, 0o640)
    with pytest.raises(files.NotRegularError, match="is a pipe"):
        files.open_to_append(pipe, 0o640)


def test_an_empty_file_ends_a_line(tmp_path: Path) -> None:
    """Nothing has to be ended before the first line."""
    descriptor = files.open_to_append(tmp_path / "log", 0o640)

    assert files.ends_a_line(descriptor)
    os.close(descriptor)


def test_left_overs_of_a_killed_replace(tmp_path: Path) -> None:
    """Those of this file only; what is not there, or cannot be removed, is no error."""
    for name in (".a[1].json.x_1.tmp", ".a1.json.x_1.tmp", "a[1].json"):
        (tmp_path / name).write_text("half")
    (tmp_path / ".b.x.tmp").mkdir()
    for path in (tmp_path / "a[1].json", tmp_path / "b", tmp_path / "none" / "a"):
        files.remove_left_over(path)

    assert sorted(os.listdir(tmp_path)) == [".a1.json.x_1.tmp", ".b.x.tmp", "a[1].json"]


@pytest.mark.parametrize(
    ("mode", "owner", "expected"), [(0o644, 0, True), (0o664, 0, False), (0o646, 0, False), (0o600, 1, False)]
)
def test_who_can_write_a_file(tmp_path: Path, mode: int, owner: int, expected: bool) -> None:
    """Its owner, and nobody of its group or of all others."""
    path = tmp_path / "list"
    path.touch()
    path.chmod(mode)

    assert files.is_written_by(path.stat(), os.geteuid() + owner) is expected


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A root directory with a link to a directory, and in that a link to a file."""
    (tmp_path / "srv/etc").mkdir(parents=True)
    (tmp_path / "srv/real").write_text("text")
    (tmp_path / "etc").symlink_to("/srv/etc")
    (tmp_path / "srv/etc/file").symlink_to("../../../srv/real")
    return tmp_path


def test_links_are_followed_below_the_root(host: Path) -> None:
    """Absolute ones too, and no number of .. leads out of it; what is missing leads to itself."""
    assert files.follow(host / "etc/file", host) == host / "srv/etc/file"
    assert files.follow(host / "etc/file", host, has_last=True) == host / "srv/real"
    assert files.follow_to_own(host / "etc/file", host, has_last=True) == host / "srv/real"
    assert files.follow(host / "etc/none/below", host, has_last=True) == host / "srv/etc/none/below"


@pytest.mark.root
@pytest.mark.parametrize("place", ["srv/etc", "srv", "srv/real"])
def test_a_link_that_leads_to_what_others_write_is_refused(host: Path, place: str) -> None:
    """Whoever may write there chooses what root's programs read; a path without links is nobody's choice."""
    os.chown(host / place, 65534, -1)

    with pytest.raises(
        files.UnsafePathError, match=f"others than root can write {host / place}: let the link"
    ):
        files.follow_to_own(host / "etc/file", host, has_last=True)
    assert files.follow_to_own(host / "srv/real", host, has_last=True) == host / "srv/real"


@pytest.mark.root
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770])
def test_a_link_that_others_could_change_is_not_followed(host: Path, mode: int) -> None:
    """It may lead elsewhere when it is used; a group of users counts too."""
    os.chown(host / "srv/etc", -1, 65534)
    (host / "srv/etc").chmod(mode)

    with pytest.raises(files.UnsafePathError, match=f"others than root can write {host}/srv/etc"):
        files.follow(host / "etc/file", host, has_last=True)
    os.lchown(host / "etc", 65534, -1)
    with pytest.raises(files.UnsafePathError, match=f"others than root can write {host}/etc"):
        files.follow(host / "etc/x", host)


@pytest.mark.root
def test_replace_writes_into_no_directory_of_another_users_choice(host: Path) -> None:
    """Root writes gauges into a directory that belongs to connmon's user; root's own link is fine."""
    (host / "textfile").symlink_to(host / "srv/etc")
    files.replace(host / "textfile/a.prom", b"up 1\n", 0o644)
    os.lchown(host / "textfile", 65534, -1)

    with pytest.raises(OSError, match="the directory is a link of another user's: "):
        files.replace(host / "textfile/a.prom", b"up 2\n", 0o644)
    assert (host / "srv/etc/a.prom").read_bytes() == b"up 1\n"


def test_read_waits_for_nothing_and_has_an_end(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links are followed here: what is read is not what is written."""
    os.mkfifo(host / "pipe")
    os.link(host / "srv/real", host / "a")
    assert files.read(host / "a") == b"text"
    for path in (host / "pipe", host, Path("/dev/zero")):
        with pytest.raises(files.NotRegularError, match="is no regular file"):
            files.read(path)
    monkeypatch.setattr(files, "MAX_READ", 3)
    with pytest.raises(OSError, match="larger than"):
        files.read(host / "a")


#: an access list: one more user may read and write, the group may not
_LIST = struct.pack(
    "<I" + "HHI" * 5, 2, 1, 6, 2**32 - 1, 2, 6, 12345, 4, 0, 2**32 - 1, 16, 6, 2**32 - 1, 32, 0, 2**32 - 1
)


def test_replace_keeps_an_access_list(tmp_path: Path) -> None:
    """Its mode says 660; without the list that would be the group's right."""
    path = tmp_path / "jail.local"
    path.write_text("old")
    os.setxattr(path, "system.posix_acl_access", _LIST)
    assert mode_of(path) == 0o660

    files.replace(path, b"new", mode_of(path), like=path)

    assert os.getxattr(path, "system.posix_acl_access") == _LIST
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o660)
