"""When fail2ban and the kernel are asked once, when twice, and what is left without a server."""

from __future__ import annotations

import errno
from types import SimpleNamespace
from typing import Optional

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import comparison, jail_bans
from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.kernel.ipset.element import Key, SetHeader
from ideolab_f2b.kernel.ipset.error import SetMissingError

A: Key = (4, 0xC6336407, 32)


class Sets:
    """A kernel with one list, the set `s` of one jail, and `theirs`, which is another jail's or nobody's."""

    entries_now: dict[Key, Optional[int]]
    left: dict[Key, Optional[int]]

    def entries(self, name: str) -> dict[Key, Optional[int]]:
        if name in ("s", "theirs"):
            return dict(self.entries_now) if name == "s" else dict(self.left)
        raise SetMissingError(errno.ENOENT, name)

    def members(self, _name: str) -> list[str]:
        return ["s", "s6", "theirs", "theirs6", "countries"]

    def header(self, name: str) -> SetHeader:
        family = "inet6" if name.endswith("6") else "inet"
        return SetHeader(name, "hash:net", family, 1000, None if name == "countries" else 0, 1, 0, 0, 0)

    def close(self) -> None:
        pass


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> type[Sets]:
    backend = SimpleNamespace(name="ipset", open=Sets)
    monkeypatch.setattr(comparison, "find_in_kernel", lambda: [backend])
    Sets.entries_now, Sets.left = {A: None}, {}
    return Sets


def held(*_words: object) -> list[JailBans]:
    return [JailBans("j", "s", False, {A: Ban(900, -1)})]


def test_no_difference_is_one_look(kernel: type[Sets], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits."""
    monkeypatch.setattr(jail_bans, "ask_all", held)

    found = comparison.make(sleep=lambda _seconds: pytest.fail("it waits"))

    assert [(row.address, row.state) for row in found.rows] == [("198.51.100.7", "ok")]
    assert (found.elements, found.drift) == ({"s": 1}, {"missing": 0, "short": 0, "stale": 0})


def test_a_difference_is_looked_at_again(kernel: type[Sets], monkeypatch: pytest.MonkeyPatch) -> None:
    """A ban that has reached the kernel meanwhile was none; one that has not is missing."""
    monkeypatch.setattr(jail_bans, "ask_all", held)
    kernel.entries_now = {}

    def arrive(_seconds: float) -> None:
        kernel.entries_now = {A: None}

    assert comparison.make(sleep=arrive).drift["missing"] == 0
    kernel.entries_now = {}
    assert comparison.make(sleep=lambda _seconds: None).drift["missing"] == 1


def test_without_a_server_the_elements_are_left(kernel: type[Sets], monkeypatch: pytest.MonkeyPatch) -> None:
    """By the IPv4 name of each set in the list."""
    kernel.left = {A: 60}

    def down(_only: object) -> list[JailBans]:
        raise fail2ban_client.ServerDownError("no socket")

    monkeypatch.setattr(jail_bans, "ask_all", down)

    found = comparison.make()

    assert (found.trouble, found.jails) == ("no socket", ())
    assert [(row.set, row.state) for row in found.rows] == [("s", "unwatched"), ("theirs", "unwatched")]
    assert found.elements == {"s": 1, "theirs": 1}


def test_sets_that_no_jail_has(kernel: type[Sets], monkeypatch: pytest.MonkeyPatch) -> None:
    """Their elements are stale, unless a jail does not tell its set; other kinds of sets are left out."""
    monkeypatch.setattr(jail_bans, "ask_all", held)
    kernel.left = {A: None}

    found = comparison.make(sleep=lambda _seconds: None)

    assert [(row.jail, row.set, row.state) for row in found.rows] == [
        ("j", "s", "ok"), (None, "theirs", "stale"),
    ]  # fmt: skip
    assert (found.elements, found.drift["stale"]) == ({"s": 1, "theirs": 1}, 1)

    silent = JailBans("broken", None, False, {}, is_silent=True)
    monkeypatch.setattr(jail_bans, "ask_all", lambda *_words: [*held(), silent])
    assert comparison.make().rows[-1].state == "unwatched"
    monkeypatch.setattr(jail_bans, "ask_all", held)
    assert len(comparison.make("j").rows) == 1
