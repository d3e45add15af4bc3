"""Which of a jail's sets are full."""

from __future__ import annotations

import time

import pytest
from fail2ban.server.banmanager import BanManager
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.ticket import BanTicket

from ideolab_f2b.actions.ban.full_sets import COUNT_AGAIN_S, TRY_AGAIN_S, FullSets


def test_each_family_has_its_own() -> None:
    """What leaves one set makes room in that one only."""
    full = FullSets(lambda: 0.0)
    full.note_full(6)
    assert (full.is_full(4), full.is_full(6)) == (False, True)

    full.note_full(4)
    full.note_room(6)
    full.note_room(6)
    assert (full.is_full(4), full.is_full(6)) == (True, False)


def test_it_is_tried_again() -> None:
    """The kernel expires elements by itself."""
    now = [5.0]
    full = FullSets(lambda: now[0])
    full.note_full(4)
    now[0] += TRY_AGAIN_S - 1
    assert full.is_full(4)
    now[0] += 1
    assert not full.is_full(4)


def test_each_family_has_its_own_part_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is long with IPv6, such as a restored one, leaves IPv4 open; it is counted seldom."""
    now, bans = [0.0], BanManager()
    counts: list[int] = []
    full = FullSets(lambda: now[0])
    count = full._count

    def note(version: int, given: object) -> int:
        counts.append(version)
        return count(version, given)

    monkeypatch.setattr(full, "_count", note)
    for number in range(4):
        assert full.has_room(6, bans, 4)
        bans.addBanTicket(BanTicket(IPAddr(f"2001:db8:0:{number}::/64"), time.time()), reason={})
    assert counts == []

    assert (full.has_room(6, bans, 4), full.has_room(4, bans, 4), full.has_room(6, bans, 5)) == (
        False,
        True,
        True,
    )
    bans.addBanTicket(BanTicket(IPAddr("198.51.100.7"), time.time()), reason={})
    assert full.has_room(4, bans, 4)
    bans.getTicketByID(IPAddr("2001:db8:0:1::/64"))
    assert not full.has_room(6, bans, 4)
    now[0] += COUNT_AGAIN_S
    assert full.has_room(6, bans, 4)


def test_a_count_of_many_bans_is_cheap() -> None:
    """It is made in the jail's thread."""
    bans, full = BanManager(), FullSets()
    bans._BanManager__banList = {
        number: BanTicket(IPAddr(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"), 0)
        for number in range(20_000)
    }
    begin = time.process_time()
    assert not full.has_room(4, bans, 20_000)
    for _line in range(2000):
        full.has_room(4, bans, 20_000)
    assert time.process_time() - begin < 1
