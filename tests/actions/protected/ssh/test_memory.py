"""The file of who was logged in: what is in it, whose it must be, and that no content does harm."""

from __future__ import annotations

import contextlib
import json
import os
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.actions.protected.never_ban import NotRootsError
from ideolab_f2b.actions.protected.ssh import memory
from ideolab_f2b.actions.protected.ssh.memory import Remembered

ROWS = [
    Remembered(ip_address("198.51.100.7"), 22, 1000, 1_790_000_000),
    Remembered(ip_address("2001:db8:c::1"), 2222, 0, 1_790_000_300),
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir(mode=0o700)
    return made


def test_what_is_saved_is_read(directory: Path) -> None:
    """And only its owner can read it."""
    memory.save(directory, ROWS)

    assert memory.load(directory) == ROWS
    assert (directory / memory.NAME).stat().st_mode & 0o777 == 0o600


def test_a_power_cut(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has the new file before its name does: never an empty one, which would protect nobody."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    memory.save(directory, ROWS)

    assert synced == [(directory / memory.NAME).stat().st_size]


def test_no_directory_and_no_file(tmp_path: Path, directory: Path) -> None:
    """The installer makes the directory; without it nothing is remembered over a restart."""
    memory.save(tmp_path / "none", ROWS)

    assert not (tmp_path / "none").exists()
    assert memory.load(tmp_path / "none") == memory.load(directory) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"sessions"', b"\xff", b"[" * 100_000, b"7"]
)
def test_a_file_that_is_none(content: bytes) -> None:
    """It is told, and nobody is protected by it."""
    with pytest.raises(ValueError, match="it is no list of sessions"):
        memory.parse(content)


def test_a_large_file() -> None:
    """It is not read to its end."""
    with pytest.raises(ValueError, match="it is larger than"):
        memory.parse(b" " * (memory.SIZE_LIMIT + 1))


@pytest.mark.parametrize(
    "row",
    [None, 7, "198.51.100.7", [], ["198.51.100.7"], ["198.51.100.0/24", 22, 0, 1], ["x", 22, 0, 1],
     [{}, 22, 0, 1], ["198.51.100.7", "22", 0, 1], ["198.51.100.7", 22, 0, 1.5], {"a": 1},
     ["198.51.100.7", 22, True, 1], [3325256711, 22, 0, 1], ["198.51.100.7", 22, 0, 1, 1],
     ["198.51.100.7", 22, 0, 10**400], ["198.51.100.7", 65536, 0, 1], ["198.51.100.7", 22, -1, 1],
     ["198.51.100.7", 22, 0, -1], ["fe80::1%eth0", 22, 0, 1], ["\ud800", 22, 0, 1]],
)  # fmt: skip
def test_rows_that_are_none(row: object) -> None:
    """They are left out: a network would protect more than was logged in."""
    good = ["198.51.100.9", 22, 0, 1]

    found = memory.parse(json.dumps({"sessions": [row, good]}).encode())

    assert found == [Remembered(ip_address("198.51.100.9"), 22, 0, 1)]


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """They are a list or a ValueError."""
    with contextlib.suppress(ValueError):
        assert isinstance(memory.parse(content), list)


@pytest.mark.parametrize(("place", "mode"), [("file", 0o666), ("file", 0o620), ("directory", 0o777)])
def test_what_others_can_write_is_not_read(directory: Path, place: str, mode: int) -> None:
    """The web user must not decide who is never banned."""
    memory.save(directory, ROWS)
    (directory if place == "directory" else directory / memory.NAME).chmod(mode)

    with pytest.raises(NotRootsError, match="is not used: others than root can write it"):
        memory.load(directory)


def test_a_link_is_not_followed(directory: Path, tmp_path: Path) -> None:
    """Neither to be read nor to be written through."""
    (tmp_path / "other").write_text("{}")
    (directory / memory.NAME).symlink_to(tmp_path / "other")

    with pytest.raises(OSError, match="symbolic link"):
        memory.load(directory)
    memory.save(directory, ROWS)
    assert (tmp_path / "other").read_text() == "{}"
    assert memory.load(directory) == ROWS


def test_a_full_list_fits() -> None:
    """What is written is never too large to be read."""
    from ideolab_f2b.actions.protected.ssh import seen

    longest = ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535, 4294967295, 9_999_999_999]
    text = json.dumps({"sessions": [longest] * seen.LIMIT})

    assert len(memory.parse(text.encode())) == seen.LIMIT
