"""files: replaced at once, opened without a surprise."""

from __future__ import annotations

import os
import stat
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
