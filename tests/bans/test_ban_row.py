"""Bans and elements side by side."""

from __future__ import annotations

from ideolab_f2b.bans.ban_row import STALE, UNWATCHED, BanRow, confirm, rows, rows_without_jail
from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.kernel.ipset.element import Key

NOW = 1000.0
A: Key = (4, 0xC6336407, 32)
B: Key = (4, 0xCB007100, 24)
C: Key = (6, 0x20010DB8 << 96, 32)


def jail(name: str = "j", kernel_set: str | None = "s", queued: bool = False, **bans: Ban) -> JailBans:
    keys = {"a": A, "b": B, "c": C}
    return JailBans(name, kernel_set, queued, {keys[letter]: ban for letter, ban in bans.items()})


def test_every_state() -> None:
    """In both, in one, in the other, too short; and a jail whose bans are elsewhere."""
    ours = jail(a=Ban(900, 600), b=Ban(900, -1), c=Ban(900, 600))
    other = jail("other", None, a=Ban(990, 600))
    elements = {A: 500, C: 30, (4, 1, 32): None}

    assert rows([ours, other], {"s": elements}, NOW) == [
        BanRow(A, "ok", "j", "s", Ban(900, 600), True, 500),
        BanRow(B, "missing", "j", "s", Ban(900, -1), False, None),
        BanRow(C, "short", "j", "s", Ban(900, 600), True, 30),
        BanRow(A, "elsewhere", "other", None, Ban(990, 600)),
        BanRow((4, 1, 32), "stale", "j", "s", None, True, None),
    ]


def test_address_is_written_as_fail2ban_does() -> None:
    """Networks with their prefix, addresses without."""
    assert [BanRow(key, "ok").address for key in (A, B, C)] == [
        "198.51.100.7",
        "203.0.113.0/24",
        "2001:db8::/32",
    ]


def test_ban_that_is_over_is_no_drift() -> None:
    """The kernel has ended it, fail2ban does so within a second or two."""
    (row,) = rows([jail(a=Ban(100, 600))], {"s": {}}, NOW)

    assert (row.state, row.in_kernel) == ("ok", False)


def test_nothing_is_stale_while_bans_are_restored() -> None:
    """After a restart the kernel is ahead of fail2ban."""
    (row,) = rows([jail(queued=True)], {"s": {A: 500}}, NOW)

    assert row == BanRow(A, "ok", "j", "s", None, True, 500)


def test_set_of_two_jails() -> None:
    """What one of them holds is not stale; what neither holds is shown once."""
    users = [jail("one", a=Ban(900, 600)), jail("two", b=Ban(900, 600))]

    found = rows(users, {"s": {A: 500, B: 500, C: 500}}, NOW)

    assert [(row.address, row.state) for row in found if row.jail == "one"] == [
        ("198.51.100.7", "ok"), ("2001:db8::/32", "stale"),
    ]  # fmt: skip
    assert len(found) == 3


def test_only_what_differs_twice_is_drift() -> None:
    """A ban that was just being made at the second look is fine; so is one that was at the first."""
    missing, stale = BanRow(A, "missing", "j", "s"), BanRow(B, "stale", "j", "s", None, True)

    assert confirm([], [missing]) == [BanRow(A, "ok", "j", "s")]
    assert confirm([missing], [missing]) == [missing]
    assert confirm([missing], [stale]) == [BanRow(B, "ok", "j", "s", None, True)]
    assert confirm([missing], []) == []


def test_elements_of_a_host_without_fail2ban() -> None:
    """They are what is left, and no drift."""
    (row,) = rows_without_jail({"s": {A: 500}}, UNWATCHED)

    assert row == BanRow(A, "unwatched", None, "s", None, True, 500)
    assert not row.is_drift


def test_elements_of_no_jail() -> None:
    """They are drift: no jail will ever lift them."""
    (row,) = rows_without_jail({"s": {A: None}}, STALE)

    assert row == BanRow(A, "stale", None, "s", None, True)
    assert row.is_drift


def test_an_as_is_one_row() -> None:
    """What is wrong with one of its networks is wrong with the ban, and none of them is stale."""
    number: Key = (0, 64500, 0)
    ours = JailBans("j", "s", False, {number: Ban(900, 600)}, prefixes={number: (B, C)})

    (whole,) = rows([ours], {"s": {B: 500, C: 480}}, NOW)
    assert (whole.address, whole.state, whole.in_kernel, whole.element_s) == ("AS64500", "ok", True, 480)
    assert whole.prefixes == (B, C)
    (part, other) = rows([ours], {"s": {B: 500, A: 9}}, NOW)
    assert (part.state, part.in_kernel, part.element_s) == ("missing", False, 500)
    assert (other.address, other.state) == ("198.51.100.7", "stale")
    assert rows([ours], {"s": {B: 500, C: 9}}, NOW)[0].state == "short"


def test_an_as_without_a_table() -> None:
    """Nobody knows which elements are its own: none is stale, and the ban is not ok."""
    number: Key = (0, 64500, 0)
    ours = JailBans("j", "s", False, {number: Ban(900, 600)})

    assert [(row.address, row.state) for row in rows([ours], {"s": {B: 500}}, NOW)] == [
        ("AS64500", "missing"),
        ("203.0.113.0/24", "ok"),
    ]
