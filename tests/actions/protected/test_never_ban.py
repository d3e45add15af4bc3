"""The list of what is never banned: whose it must be, and what its lines mean."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.actions.protected import never_ban
from ideolab_f2b.actions.protected.never_ban import NeverBan, NeverBanFiles

WINDOWS = (
    b"\xef\xbb\xbf198.51.100.60\r\n198.51.100.61 198.51.100.62\r\n198.51.100.63, 198.51.100.64\r\n"
    b"office.example.net\r\n; a remark\r\n2001:db8:5::/48  # the office\r\n"
)


class Watched:
    """The list at one path, the clock, and what was logged."""

    def __init__(self, path: Path) -> None:
        self.path, self.now = path, 1000.0
        self.said: list[str] = []
        self.files = NeverBanFiles(lambda: self.now, self.said.append)

    def read(self) -> NeverBan:
        return self.files.read(str(self.path))

    def texts(self) -> list[str]:
        return [item.text for item in self.read().listed]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A list of root's that nobody has written yet."""
    return Watched(tmp_path / "never-ban")


def test_its_lines() -> None:
    """A mark of an editor, several entries on a line, a name, remarks, line ends of Windows."""
    found = never_ban.parse(WINDOWS, "/etc/ideolab/never-ban")

    assert [item.text for item in found.listed] == [
        *(f"198.51.100.{host}" for host in range(60, 65)),
        "2001:db8:5::/48",
    ]
    assert {item.what for item in found.listed} == {"listed in /etc/ideolab/never-ban"}
    assert (found.names, found.troubles) == (("office.example.net",), ())


def test_what_is_no_entry() -> None:
    """It is named with its line, the first ones of many, and the others count."""
    text = "198.51.100.7\nour office\n198.51.100.300\n\x1b[2J\nx\ny\n198.51.100.8\n"

    found = never_ban.parse(text.encode(), "/etc/ideolab/never-ban")

    assert [item.text for item in found.listed] == ["198.51.100.7", "198.51.100.8"]
    assert found.troubles == (
        '/etc/ideolab/never-ban: "our" (line 2), "office" (line 2), "198.51.100.300" (line 3), "\\x1b[2J" '
        '(line 4), "x" (line 5) and 1 more: no address, network, range or host name; the rest of the list'
        " counts",
    )


def test_a_list_that_is_too_large() -> None:
    """The line at the limit is left out as a whole: half an address is another one."""
    data = b"198.51.100.7\n" * (never_ban.SIZE_LIMIT // 13 + 2)

    found = never_ban.parse(data, "list")

    assert {item.text for item in found.listed} == {"198.51.100.7"}
    assert found.troubles == (f"list is too large: what follows line {len(found.listed)} protects nobody",)


def test_no_list_protects_nobody(watched: Watched) -> None:
    """Neither is one wanted nor must one be there."""
    assert (watched.read(), watched.files.read("")) == (NeverBan(), NeverBan())


@pytest.mark.root
def test_a_mistake_is_said_once(watched: Watched) -> None:
    """However many jails read the list and however often; a new mistake is said at once."""
    watched.path.write_text("198.51.100.7\nhuh\n")
    for _second in range(60):
        watched.now += 1
        assert len(watched.read().troubles) == 1
    assert len(watched.said) == 1

    watched.path.write_text("198.51.100.7\nhuh\nwhat\n")

    assert watched.read().troubles == tuple(watched.said[1:])
    watched.path.write_text("198.51.100.7\n")
    assert (watched.read().troubles, len(watched.said)) == ((), 2)


@pytest.mark.root
def test_a_list_that_another_thread_reads(watched: Watched) -> None:
    """A ban does not wait for it: what was known counts."""
    watched.path.write_text("198.51.100.7\n")
    assert watched.texts() == ["198.51.100.7"]
    watched.path.write_text("198.51.100.8\n")

    with watched.files._lock:
        assert watched.texts() == ["198.51.100.7"]
    assert watched.texts() == ["198.51.100.8"]


def test_everybody() -> None:
    """A list that forbids every ban of a family is no mistake of spelling, and is told."""
    found = never_ban.parse(b"0/0", "list")

    assert found.troubles == ("0.0.0.0/0, listed in list, is everybody: nobody is banned over IPv4",)
    assert len(found.listed) == 1


@pytest.mark.root
def test_a_list_that_is_replaced(watched: Watched) -> None:
    """An editor writes it in place or puts a new file there: both count at the next look."""
    watched.path.write_text("198.51.100.7\n")
    assert watched.texts() == ["198.51.100.7"]

    watched.path.write_text("198.51.100.8\n")
    assert watched.texts() == ["198.51.100.8"]
    (watched.path.parent / "new").write_text("198.51.100.9\n")
    os.replace(watched.path.parent / "new", watched.path)
    assert watched.texts() == ["198.51.100.9"]


@pytest.mark.root
@pytest.mark.parametrize("is_there", [True, False])
def test_a_list_that_an_editor_saves(watched: Watched, is_there: bool) -> None:
    """It is empty or away for a moment, and protects meanwhile; for good, it protects nobody."""
    watched.path.write_text("198.51.100.7\n")
    assert watched.texts() == ["198.51.100.7"]
    watched.path.write_text("") if is_there else watched.path.unlink()

    watched.now += never_ban.GONE_S - 1
    assert watched.texts() == ["198.51.100.7"]
    watched.now += 1
    assert watched.texts() == []
    watched.path.write_text("198.51.100.8\n")
    assert watched.texts() == ["198.51.100.8"]


@pytest.mark.root
def test_a_list_of_remarks_is_none(watched: Watched) -> None:
    """Who puts # before the last entry means it."""
    watched.path.write_text("198.51.100.7\n")
    watched.read()
    watched.path.write_text("# 198.51.100.7\n")

    assert watched.texts() == []


@pytest.mark.root
@pytest.mark.parametrize(("owner", "mode"), [(0, 0o666), (0, 0o620), (65534, 0o644)])
def test_a_list_that_others_can_write_is_not_read(watched: Watched, owner: int, mode: int) -> None:
    """The web server must not decide who is never banned; what root has written before it counts."""
    watched.path.write_text("198.51.100.7\n")
    assert watched.texts() == ["198.51.100.7"]
    watched.path.write_text("198.51.100.8\n")
    os.chown(watched.path, owner, 0)
    watched.path.chmod(mode)

    found = watched.read()

    assert [item.text for item in found.listed] == ["198.51.100.7"]
    assert found.troubles == (
        f"{watched.path} is not read: chown root and chmod 644 it, so that only root can write it",
    )
    assert watched.said == list(found.troubles)


@pytest.mark.root
def test_what_is_no_file_is_not_read(watched: Watched) -> None:
    """A fifo would hang each ban; a directory leaves no descriptor behind."""
    os.mkfifo(watched.path, 0o600)
    before = os.listdir("/proc/self/fd")

    for path in (watched.path, watched.path.parent):
        assert "is not read: chown root" in watched.files.read(str(path)).troubles[0]

    assert os.listdir("/proc/self/fd") == before


def test_a_path_that_leads_nowhere(watched: Watched) -> None:
    """A link to itself is said as the system says it."""
    watched.path.symlink_to(watched.path)

    assert watched.read().troubles[0].startswith(f"{watched.path} is not read: [Errno 40]")
