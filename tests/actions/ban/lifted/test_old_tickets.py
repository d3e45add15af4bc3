"""Tickets of what was lifted, with fail2ban's own Jail and tickets."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.ticket import BanTicket, FailTicket

from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.lifted import old_tickets
from ideolab_f2b.actions.ban.lifted.old_tickets import OldTickets
from ideolab_f2b.actions.tickets import ban_manager

ADDRESS = "198.51.100.7"
#: a whole second of the day on which the tests run
NOW = float(int(time.time()))


class Database:
    """Notes what is deleted."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delBan(self, jail: Any, *identities: str) -> None:
        self.deleted += map(str, identities)


class Scene:
    """A jail whose clock is the test's, and which has lifted one ban."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.now, self.counts, self.database = directory, NOW, BanCounts(), Database()
        monkeypatch.setattr(Jail, "database", self.database)
        self.start()

    def start(self, *, live: bool = True) -> None:
        """Begin a new server with the same files."""
        self.jail: Any = Jail("scene", backend="polling")
        self.jail.actions.setBanTime("-1")
        self.old = OldTickets(self.jail, self.counts, self.directory, lambda: self.now)
        self.old.set_hooks()
        self.jail.filter.inOperation = live

    def unban(self, at: float, identity: str = ADDRESS, since: float = NOW - 100, bantime: int = -1) -> None:
        self.now = at
        self.old.note_unban({"ip": identity, "time": since, "bantime": bantime})

    def put(
        self, at: float, identity: str = ADDRESS, *, whole: bool = False, restored: bool = False, **data: Any
    ) -> bool:
        """Whether a ticket of that time is admitted, and then banned."""
        date = datetime.fromtimestamp(at, timezone.utc)
        fraction = "" if whole else f".{date.microsecond // 1000:03d}"
        line = f"{date:%Y-%m-%dT%H:%M:%S}{fraction}+0000 manual: ban {identity} ttl=permanent"
        ticket = FailTicket(IPAddr(identity), int(at), matches=[line], data=data)
        ticket.restored = restored
        self.jail.putFailTicket(ticket)
        return self.ban()

    def ban(self) -> bool:
        """Whether fail2ban's list takes the next ticket of the queue."""
        ticket = self.jail.getFailTicket()
        return bool(ticket and ban_manager(self.jail.actions).addBanTicket(BanTicket.wrap(ticket), reason={}))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


@pytest.mark.parametrize("live", [True, False])
def test_before_and_after(scene: Scene, live: bool, caplog: pytest.LogCaptureFixture) -> None:
    """To the millisecond, also in the next server; another address is another ban."""
    with caplog.at_level(logging.INFO):
        scene.unban(NOW + 0.5)
        scene.start(live=live)
        assert [scene.put(NOW + each) for each in (-3600, 0.1, 0.5)] == [False] * 3
    assert caplog.text.count(f"[scene] Refused: {ADDRESS} was unbanned at ") == 1
    assert scene.counts.counts()["refused"] == 3
    assert scene.put(NOW, "198.51.100.8") and scene.put(NOW, "198.51.100.0/24")
    assert scene.put(NOW + 0.51)


def test_an_unban_protects_from_no_new_line(scene: Scene) -> None:
    """A line of whole seconds in the second of the lift is new while the log is read as it grows."""
    scene.unban(NOW + 0.2)
    scene.now = NOW + 0.9
    assert scene.put(NOW, whole=True)
    # the time by which it was admitted stands in fail2ban's database; without that the log has it twice
    scene.start(live=False)
    assert scene.put(NOW, whole=True)


def test_a_whole_second_that_is_read_again(scene: Scene) -> None:
    """It can be the line of the ban that was lifted; one of the next second cannot."""
    scene.unban(NOW + 0.9)
    scene.start(live=False)
    assert not scene.put(NOW, whole=True)
    assert scene.put(NOW + 1, whole=True)


def test_all(scene: Scene) -> None:
    """`unban --all` is one entry; a ban by line after it is one as any."""
    assert scene.put(NOW, "198.51.100.1")
    scene.now = NOW + 5
    assert scene.jail.actions.removeBannedIP() == 1
    assert (scene.directory / "lifted-scene").read_text().count("\n") == 1
    scene.start(live=False)

    assert not scene.put(NOW, "198.51.100.1") and not scene.put(NOW + 4, "2001:db8:c::/64")
    assert scene.put(NOW + 6, "198.51.100.1") and scene.put(NOW + 6, "2001:db8:c::/64")


def test_the_end_of_a_ban_is_no_lift(scene: Scene) -> None:
    """Neither is the end of the server, which keeps its bans."""
    scene.unban(NOW, since=NOW - 60, bantime=60)
    assert not (scene.directory / "lifted-scene").exists()
    scene.unban(NOW, since=NOW - 60, bantime=61)
    assert (scene.directory / "lifted-scene").exists()


def test_a_clock_that_was_set_back(scene: Scene) -> None:
    """The line that was banned is not new, although its date is after its unban; the next one is."""
    scene.unban(NOW - 3600, since=NOW)
    scene.start(live=False)
    assert not scene.put(NOW + 0.7)
    scene.start()
    assert scene.put(NOW - 3599.5)
    scene.start(live=False)
    assert scene.put(NOW - 3599.5)


def test_a_date_of_tomorrow(scene: Scene) -> None:
    """An unban lifts its line too, read again before and after that day; new bans come and come back."""
    ahead, other = NOW + 86_400, "198.51.100.8"
    scene.now = NOW
    assert scene.put(ahead) and scene.put(ahead, other)
    scene.unban(NOW + 1, since=NOW)
    scene.jail.actions.removeBannedIP()
    for later in (NOW + 2, ahead + 60):
        scene.now = later
        scene.start(live=False)
        assert not scene.put(ahead) and not scene.put(ahead, other)
    # the date of one address is not that of all
    assert scene.put(NOW + 3, "198.51.100.9")

    scene.start()
    scene.now = NOW + 10
    scene.jail.actions.addBannedIP(ADDRESS)
    (ticket,) = ban_manager(scene.jail.actions)
    assert scene.put(NOW + 10, other)
    scene.start(live=False)
    assert scene.put(NOW + 10, restored=True, **ticket.getData())
    assert scene.put(NOW + 10, other)


def test_the_end_of_time(scene: Scene) -> None:
    """A date that no calendar has in UTC is written down as the last day."""
    line = "9999-12-31T23:59:59.999-1200 manual: ban 198.51.100.7 ttl=permanent"

    def read() -> bool:
        scene.jail.putFailTicket(FailTicket(IPAddr(ADDRESS), NOW, matches=[line]))
        return scene.ban()

    assert read()
    scene.unban(NOW)
    assert scene.old.stats()["trouble"] == ""
    scene.start(live=False)

    assert not read()


def test_the_end_of_a_ban_whose_line_is_ahead(scene: Scene) -> None:
    """Its time began when it was read, and begins once only."""
    scene.now = NOW
    assert scene.put(NOW + 86_400)
    scene.unban(NOW + 61, since=NOW, bantime=60)
    scene.start(live=False)

    assert not scene.put(NOW + 86_400)


def test_restored(scene: Scene) -> None:
    """A row that the database has kept is refused and deleted; that of a later ban comes back."""
    scene.unban(NOW + 0.5)
    scene.start(live=False)
    assert not scene.put(NOW, restored=True)
    assert not scene.put(NOW + 9, restored=True, offence_at=NOW + 0.4)
    assert scene.database.deleted == [ADDRESS] * 2
    assert scene.put(NOW, restored=True, offence_at=NOW + 0.6)


def test_an_order_is_never_old(scene: Scene) -> None:
    """`ban` and `banip` after an unban, and their row with its rounded time; and that of one before it."""
    scene.unban(NOW + 0.5)
    scene.now = NOW + 0.501
    scene.jail.actions.addBannedIP(ADDRESS)
    (ticket,) = ban_manager(scene.jail.actions)
    assert ticket.getData("offence_at") == NOW + 0.501

    scene.start(live=False)
    assert scene.put(NOW, restored=True, offence_at=NOW + 0.501)


def test_a_ticket_that_waited(scene: Scene) -> None:
    """It was queued before the unban, and comes to the list after it; fail2ban goes on with the next."""
    for address in (ADDRESS, "198.51.100.8"):
        scene.jail.putFailTicket(FailTicket(IPAddr(address), NOW + 60))
    scene.unban(NOW + 1)

    assert [scene.ban(), scene.ban()] == [False, True]


def test_a_row_that_is_written_late(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The observer can come to a ban after its unban: the row goes once more, not that of a new ban."""
    monkeypatch.setattr(old_tickets, "is_behind", lambda: True)
    scene.unban(NOW)
    assert scene.database.deleted == [ADDRESS]
    assert scene.put(NOW + 1)
    scene.old._delete_rows([ADDRESS, "all"])
    assert scene.database.deleted == [ADDRESS]


def test_many_wait_for_the_disk_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is written at once; they are synchronized when the call ends."""
    synced = []
    monkeypatch.setattr(scene.old._memory, "sync", lambda: synced.append(1))

    def remove(identities: list[str]) -> None:
        for identity in identities:
            scene.old.note_unban({"ip": identity, "time": NOW, "bantime": -1})
            assert (scene.directory / "lifted-scene").read_text().count(f" {identity} ") == 1

    # what the hook calls
    scene.old._remove(remove)([f"198.51.100.{last}" for last in range(50)])

    assert synced == [1]


def test_what_is_no_address(scene: Scene) -> None:
    """Another filter's word is not written; nothing that is broken stops an unban or a ban."""
    scene.unban(NOW, "a\nb")
    scene.old.note_unban({})
    assert not (scene.directory / "lifted-scene").exists()


def test_a_ticket_that_cannot_be_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is admitted."""
    scene.unban(NOW)
    monkeypatch.setattr(scene.old, "_is_new", lambda *_given: 1 / 0)

    assert scene.put(NOW - 1, "198.51.100.8")
    scene.jail.putFailTicket(FailTicket(IPAddr(ADDRESS), NOW - 1))
    assert scene.jail.hasFailTickets
    assert "ZeroDivisionError" in caplog.text


def test_no_hooks_after_the_stop(scene: Scene) -> None:
    """The jail is as fail2ban made it."""
    scene.unban(NOW)
    scene.old.undo()

    assert scene.put(NOW - 1)
