"""The way of a ticket into a jail, with fail2ban's own Jail and tickets."""

from __future__ import annotations

import logging
import time
from ipaddress import ip_network
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.ticket import BanTicket, FailTicket

from ideolab_f2b.actions.ban import admission
from ideolab_f2b.actions.ban.admission import Admission
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.tickets import ban_manager
from ideolab_f2b.kernel.ipset import element
from ideolab_f2b.kernel.ipset.element import Network


class Ours(Protected):
    """Refuses 192.0.2.0/24."""

    def __init__(self) -> None:
        pass

    def admits(self, version: int, address: int, prefixlen: int) -> bool:
        return self.refusal(ip_network((address, prefixlen))) is None

    def refusal(self, network: Network) -> str | None:
        return f"{network} is ours" if str(network).startswith("192.0.2.") else None


class Open(Protected):
    """Refuses nothing."""

    def __init__(self) -> None:
        pass

    def admits(self, version: int, address: int, prefixlen: int) -> bool:
        return True

    def refusal(self, network: Network) -> str | None:
        return None


class Scene:
    """A jail with our hooks."""

    def __init__(self) -> None:
        self.now = 0.0
        self.jail: Any = Jail("scene", backend="polling")
        self.jail.actions.setBanTime("-1")
        self.counts = BanCounts()
        self.prolonged: list[Any] = []
        self.protected = Ours()
        self.most = 100
        self.admission = Admission(
            self.jail, self.protected, self.counts, self.prolonged.append, lambda: self.now, lambda: self.most
        )

    def put(self, text: str, **data: object) -> Any:
        ticket = FailTicket(IPAddr(text), time.time(), data=data)
        self.jail.putFailTicket(ticket)
        return ticket


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize(("ttl", "seconds"), [("600", 600), ("permanent", -1), ("junk", 86400), (None, None)])
def test_time_of_the_ticket(scene: Scene, ttl: str | None, seconds: int | None) -> None:
    """<F-TTL> becomes the ticket's own time before anything else sees it."""
    ticket = scene.put("198.51.100.7", **({"ttl": ttl} if ttl else {}))

    assert scene.jail.getFailTicket() is ticket
    assert ticket.getBanTime() == seconds


def test_restored_ticket_keeps_its_time(scene: Scene) -> None:
    """The database holds the time already; the ttl in its data is not read again."""
    ticket = FailTicket(IPAddr("198.51.100.7"), time.time(), data={"ttl": "600"})
    ticket.setBanTime(300)
    scene.jail.putFailTicket(ticket)

    assert ticket.getBanTime() == 300


def test_jail_bounds_the_time(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """A jail with a bantime of its own is the ceiling: fail2ban would clip the ban at the next restart."""
    scene.jail.actions.setBanTime("3600")
    ticket = scene.put("198.51.100.7", ttl="permanent")

    assert ticket.getBanTime() == 3600
    assert "above the longest ban of the jail" in caplog.text


def test_refused_ticket(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """It never enters the queue; counted each time, told once in ten minutes."""
    with caplog.at_level(logging.WARNING):
        for now in (0.0, 5.0, 599.0, 600.0):
            scene.now = now
            scene.put("192.0.2.7")

    assert not scene.jail.hasFailTickets
    assert scene.counts.counts()["refused"] == 4
    assert caplog.text.count("[scene] Refused: 192.0.2.7/32 is ours") == 2


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("198.51.100.0/24", ""),
        ("2001:db8::/48", ""),
        ("198.51.0.0/16", "198.51.0.0/16 is wider than /24, the most by a log line"),
        ("198.51.100.0/23", "198.51.100.0/23 is wider than /24, the most by a log line"),
        ("2001:db8::/32", "2001:db8::/32 is wider than /48, the most by a log line"),
    ],
)
def test_a_line_bans_no_wide_network(
    scene: Scene, caplog: pytest.LogCaptureFixture, text: str, refusal: str
) -> None:
    """The web server writes manual.log; root's own wide bans come back from the database."""
    scene.put(text)
    assert scene.jail.hasFailTickets is not bool(refusal)
    assert refusal in caplog.text and scene.counts.counts()["refused"] == bool(refusal)

    restored = FailTicket(IPAddr(text), time.time())
    restored.restored = True
    scene.jail.putFailTicket(restored)
    assert scene.jail.hasFailTickets
    assert scene.admission.admit(text).name == text


def put_in(scene: Scene, text: str, seconds: int = -1, **data: object) -> Any:
    """A ban that fail2ban has in its list."""
    ticket = BanTicket(IPAddr(text), time.time(), data=data)
    ticket.setBanTime(seconds)
    assert ban_manager(scene.jail.actions).addBanTicket(ticket, reason={})
    return ticket


def test_a_flood_of_lines_has_an_end(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """What the kernel has no room for would fill fail2ban's memory and database; a longer ban goes in."""
    scene.most = 2
    old = [put_in(scene, text, root=True) for text in ("198.51.100.1", "198.51.100.2")]
    scene.put("198.51.100.3")
    assert not scene.jail.hasFailTickets
    assert "198.51.100.3: 2 are banned, and there is no room for more" in caplog.text

    scene.put("198.51.100.2", ttl="1")
    assert scene.jail.hasFailTickets
    # to look for it takes nothing out of the list
    assert list(ban_manager(scene.jail.actions)) == old
    assert (old[1].getBanTime(), old[1].getData("root")) == (-1, True)


def test_a_full_set_closes_its_own_family_only(scene: Scene) -> None:
    """The new ban is taken back; IPv4 goes on when the set of IPv6 is full, and an end makes room."""
    full = put_in(scene, "2001:db8:0:1::/64")
    scene.admission.note_full(6, full.getID(), is_new=True)
    old = put_in(scene, "2001:db8:0:2::/64", 60)
    scene.admission.note_full(6, old.getID(), is_new=False)
    assert list(ban_manager(scene.jail.actions)) == [old]

    for text, is_put in (
        ("2001:db8:0:3::/64", False),
        ("198.51.100.7", True),
        ("2001:db8:0:2::/64", True),
    ):
        scene.put(text)
        assert bool(scene.jail.getFailTicket()) is is_put, text
    scene.admission.note_room(6)
    scene.put("2001:db8:0:3::/64")
    assert scene.jail.hasFailTickets


@pytest.mark.parametrize("text", ["203.0.113.9/40", "2001:db8::/200"])
def test_prefix_that_no_address_has(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """fail2ban takes it for an address: it is refused on its way in, and never in list or database."""
    monkeypatch.setattr(scene.admission, "_protected", Open())
    with caplog.at_level(logging.WARNING):
        scene.put(text, ttl="permanent")

    assert not scene.jail.hasFailTickets
    assert scene.counts.counts()["refused"] == 1
    assert "is no address and no network; nothing was banned" in caplog.text
    with pytest.raises(RefusedError, match="is no address and no network; nothing was banned"):
        scene.admission.keys(IPAddr(text))


def test_many_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told is not remembered without bound."""
    monkeypatch.setattr(admission, "SAID_LIMIT", 3)
    scene = Scene()
    for host in range(10):
        scene.put(f"192.0.2.{host}")

    assert len(scene.admission._complaint.subjects()) <= 3


def test_check_that_fails_lets_the_ticket_through(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in the check is no reason not to ban: ban() checks once more."""
    scene.protected.admits = lambda *numbers: 1 / 0 > 0  # type: ignore[method-assign]

    scene.put("198.51.100.7")

    assert scene.jail.hasFailTickets
    assert "division by zero" in caplog.text


def test_network(scene: Scene) -> None:
    """What ban() gets: the network of fail2ban's address, of its text, or a refusal."""
    assert str(element.network_of(scene.admission.keys(IPAddr("198.51.100.7"))[0])) == "198.51.100.7/32"
    assert str(element.network_of(scene.admission.keys("2001:db8::/48")[0])) == "2001:db8::/48"
    with pytest.raises(RefusedError, match="'600' is no address and no network"):
        scene.admission.keys("600")


def info_of(scene: Scene, ticket: Any) -> Any:
    """What fail2ban hands to the action with this ticket."""
    return scene.jail.actions._getActionInfo(ticket)


def test_facts_of_a_ban_are_those_of_fail2ban(scene: Scene) -> None:
    """The plain dict of a ban that was just made says what fail2ban's own says; it is used once."""
    ticket = BanTicket(IPAddr("198.51.100.7"), 1795359121.0, matches=["one", "two"])
    ticket.setBanTime(10**9)
    info = info_of(scene, ticket)
    assert ban_manager(scene.jail.actions).addBanTicket(ticket, reason={})

    facts = scene.admission.facts(info)

    assert facts is not info
    assert facts == {
        "ip": IPAddr("198.51.100.7"),
        "time": 1795359121.0,
        "bantime": 10**9,
        "restored": 0,
        "matches": "one\ntwo",
    }
    assert facts == {name: info[name] for name in facts}
    assert scene.admission.facts(info) is info


def test_facts_of_a_ban_that_was_there(scene: Scene) -> None:
    """A second ticket of a banned address leaves nothing behind: a reban is told by fail2ban itself."""
    bans, now = ban_manager(scene.jail.actions), time.time()
    tickets = [BanTicket(IPAddr("198.51.100.7"), now + number) for number in range(2)]
    for ticket in tickets:
        bans.addBanTicket(ticket, reason={})
    info = info_of(scene, tickets[0])

    assert scene.admission.facts(info) is info
    assert scene.admission.facts({"ip": "198.51.100.7"}) == {"ip": "198.51.100.7"}


def test_facts_of_a_restored_ban(scene: Scene) -> None:
    """Its matches are not joined: a hundred of them would wait for that before the kernel has any."""
    ticket = BanTicket(IPAddr("198.51.100.7"), 1795359121.0, matches=["one", "two"])
    ticket.restored = True
    info = info_of(scene, ticket)
    assert ban_manager(scene.jail.actions).addBanTicket(ticket, reason={})

    assert scene.admission.facts(info) == {
        "ip": IPAddr("198.51.100.7"),
        "time": 1795359121.0,
        "bantime": -1,
        "restored": 1,
        "matches": "",
    }


def test_facts_that_cannot_be_told_at_once(scene: Scene) -> None:
    """What is odd in a ticket is left to fail2ban's own words: the ban goes on."""
    ticket = BanTicket(IPAddr("198.51.100.7"), 1795359121.0)
    info = info_of(scene, ticket)
    assert ban_manager(scene.jail.actions).addBanTicket(ticket, reason={})
    ticket.getMatches = lambda: [b"no text"]

    assert scene.admission.facts(info) is info


def test_refused_ban_is_taken_back(scene: Scene) -> None:
    """fail2ban's list, total and database forget what was never banned."""
    deleted: list[tuple[Any, Any]] = []
    scene.jail.database = type("Database", (), {"delBan": staticmethod(lambda *all: deleted.append(all))})()
    bans = ban_manager(scene.jail.actions)
    bans.addBanTicket(BanTicket(IPAddr("192.0.2.7"), time.time()))
    assert (bans.size(), bans.getBanTotal()) == (1, 1)

    with pytest.raises(RefusedError, match=r"Refused: 192\.0\.2\.7/32 is ours"):
        scene.admission.keys(IPAddr("192.0.2.7"))

    assert (bans.size(), bans.getBanTotal()) == (0, 0)
    assert deleted == [(scene.jail, IPAddr("192.0.2.7"))]
    assert scene.counts.counts()["refused"] == 1


def test_longer_ban_of_who_is_banned(scene: Scene) -> None:
    """fail2ban makes the ticket longer by itself; the action hears of it, and the database for a ttl."""
    stored: list[Any] = []
    scene.jail.database = type("Database", (), {"addBan": staticmethod(lambda *all: stored.append(all))})()
    bans, now = ban_manager(scene.jail.actions), time.time()
    first, second, third = (
        BanTicket(IPAddr("198.51.100.7"), now, data=data) for data in ({}, {}, {"ttl": "900"})
    )
    for ticket, seconds in ((first, 100), (second, 300), (third, 900)):
        ticket.setBanTime(seconds)

    assert bans.addBanTicket(first) is True
    assert scene.prolonged == []
    assert bans.addBanTicket(second, reason={}) is False
    assert scene.prolonged == [first]
    assert stored == []
    bans.addBanTicket(third, reason={})
    assert first.getBanTime() == 900
    assert stored == [(scene.jail, first)]


class Stored:
    """A database that remembers what is written down."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Any, int]] = []

    def addBan(self, _jail: Any, ticket: Any) -> None:
        self.rows.append((str(ticket.getID()), ticket.getData("root"), ticket.getBanTime()))


def test_banip_over_a_ban_of_the_site_is_root_s(scene: Scene) -> None:
    """Also when the ban gets no longer; the database hears of it, so that a restart forgets nothing."""
    scene.jail.database = stored = Stored()
    for text, seconds in (("198.51.100.7", 60), ("198.51.100.8", -1)):
        scene.admission.order(text, seconds, is_root=False)
    tickets = list(ban_manager(scene.jail.actions))
    assert [ticket.getData("root") for ticket in tickets] == [None, None]

    scene.jail.actions.addBannedIP(["198.51.100.7", "198.51.100.8", "198.51.100.9"])
    scene.jail.actions.addBannedIP("198.51.100.8")
    scene.admission.order("198.51.100.7", 60, is_root=False)

    assert [ticket.getData("root") for ticket in ban_manager(scene.jail.actions)] == [True, True, True]
    # fail2ban itself writes down the new one
    assert stored.rows == [("198.51.100.7", True, -1), ("198.51.100.8", True, -1)]
    assert [ticket.getBanTime() for ticket in tickets] == [-1, -1]


def test_an_order_of_root_s_that_makes_no_ban_longer(scene: Scene) -> None:
    """The ban is root's, in the database too."""
    scene.admission.order("198.51.100.7", 600, is_root=False)
    scene.jail.database = stored = Stored()
    ordered = scene.admission.order("198.51.100.7", 60)

    assert (ordered.is_as_before, ordered.ticket.getData("root")) == (True, True)
    assert stored.rows == [("198.51.100.7", True, 600)]


def test_an_order_says_who_and_why(scene: Scene) -> None:
    """fail2ban's ticket has the line as the one that matched, so the event and the database have it."""
    ordered = scene.admission.order("198.51.100.7", 600, line='manual: ban 198.51.100.7 by="alice"')

    assert ordered.ticket.getMatches() == ['manual: ban 198.51.100.7 by="alice"']
    assert scene.admission.order("198.51.100.8", 600).ticket.getMatches() == []


def test_a_database_that_fails_hinders_no_order(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """It is told."""
    scene.admission.order("198.51.100.7", 600, is_root=False)
    scene.jail.database = object()
    scene.admission.order("198.51.100.7", 60)

    assert "198.51.100.7 was not written down" in caplog.text


def test_hooks_end(scene: Scene) -> None:
    """After the end of the action the jail is as fail2ban made it."""
    scene.admission.undo()
    ticket = scene.put("192.0.2.7", ttl="600")

    assert scene.jail.hasFailTickets
    assert ticket.getBanTime() is None
    assert "putFailTicket" not in vars(scene.jail)
