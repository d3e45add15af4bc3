"""When fail2ban and the kernel are asked once, when twice, and what is left without a server."""

from __future__ import annotations

import errno
from typing import Optional

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import comparison, jail_bans
from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.kernel.ipset.error import SetMissingError

A: Key = (4, 0xC6336407, 32)


class Sets:
    """A kernel with one list and the set `s` of one jail."""

    entries_now: dict[Key, Optional[int]]

    def entries(self, name: str) -> dict[Key, Optional[int]]:
        if name == "s":
            return dict(self.entries_now)
        raise SetMissingError(errno.ENOENT, name)

    def members(self, _name: str) -> list[str]:
        return ["s", "s6", "theirs6"]

    def close(self) -> None:
        pass


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> type[Sets]:
    monkeypatch.setattr(comparison, "Sets", Sets)
    Sets.entries_now = {A: None}
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
    """By the IPv4 name of each set in the list; a set of another name is one too."""

    def down(_only: object) -> list[JailBans]:
        raise fail2ban_client.ServerDownError("no socket")

    monkeypatch.setattr(jail_bans, "ask_all", down)

    found = comparison.make()

    assert (found.trouble, found.jails) == ("no socket", ())
    assert [(row.set, row.state) for row in found.rows] == [("s", "unwatched")]
    assert found.elements == {"s": 1, "theirs6": 0}
