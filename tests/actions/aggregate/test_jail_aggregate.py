"""Aggregation in one jail: when it looks, whom it asks, and what it does when things change meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.ticket import BanTicket

from ideolab_f2b.actions.aggregate.dense import Dense
from ideolab_f2b.actions.aggregate.jail_aggregate import JailAggregate, describe
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.options import Options
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.logline import read_line

LOGGER = "fail2ban.ideolab-ban"


class Manager:
    """fail2ban's ban manager."""

    def __init__(self) -> None:
        self.tickets: dict[str, Any] = {}
        self.total = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.tickets.values()))

    def put(self, *identities: str) -> None:
        for identity in identities:
            self.tickets[identity] = BanTicket(IPAddr(identity), 1000.0)
            self.total += 1

    def size(self) -> int:
        return len(self.tickets)

    def getBanTotal(self) -> int:
        return self.total

    def _inBanList(self, ticket: Any) -> bool:
        return str(ticket.getID()) in self.tickets


class Scene:
    """A jail, and an aggregation of it whose every question has an answer of the test's."""

    def __init__(self) -> None:
        self.now, self.bantime, self.share = 1000.0, 600, 0.25
        self.manager = Manager()
        self.visitors: str | None = None
        self.connection: str | None = None
        self.refusal: dict[str, str] = {}
        self.place_error: Exception | None = None
        self.asked: list[list[str]] = []
        self.ordered: list[tuple[str, int, bool]] = []
        self.unbanned: list[str] = []
        self.on_order: Callable[[], object] = lambda: None
        self.on_question: Callable[[], object] = lambda: None
        self.counts = BanCounts()
        actions = SimpleNamespace(
            active=True, banManager=self.manager, getBanTime=lambda: self.bantime, removeBannedIP=self._remove
        )
        self.jail = SimpleNamespace(name="jail", actions=actions, hasFailTickets=False)
        self.aggregate = JailAggregate(
            self.jail,
            lambda: Options(aggregate=self.share),
            lambda network: self.refusal.get(str(network)),
            self,  # type: ignore[arg-type]
            self._place,
            lambda _identity: None,
            self.counts,
            clock=lambda: self.now,
            find_visitors=self._find_visitors,
            find_connection=lambda *_arguments: self.connection,
        )

    def look(self) -> None:
        self.aggregate.look(lambda: None)

    def order(self, identity: str, seconds: int, is_root: bool, line: str) -> Any:
        self.ordered.append((identity, seconds, is_root))
        self.manager.put(identity)
        self.on_order()
        return SimpleNamespace(ticket=self.manager.tickets.get(identity))

    def _place(self, _keys: Sequence[Key], _since: float, _bantime: float) -> None:
        if self.place_error is not None:
            raise self.place_error

    def _remove(self, identity: str, **_options: bool) -> None:
        self.unbanned.append(identity)
        self.manager.tickets.pop(identity, None)

    def _find_visitors(self, candidates: list[Dense], _banned: Any) -> list[str | None]:
        self.on_question()
        self.asked.append([str(each.key[1] & 255) for each in candidates])
        return [self.visitors] * len(candidates)

    @property
    def last_spared(self) -> str:
        return str(self.aggregate.stats()["last_spared"])


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    made.manager.put(*(f"198.51.100.{last}" for last in (1, 2, 3, 4)))
    return made


def test_a_prefix_is_ordered(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """With the jail's time, and not as root's: who logs in lifts it."""
    with caplog.at_level(logging.INFO, LOGGER):
        scene.look()

    assert scene.ordered == [("198.51.100.0/28", 600, False)]
    assert scene.counts.counts()["aggregated"] == 1
    assert caplog.messages == ["[jail] Aggregate: 198.51.100.0/28 is banned, 4 of 16 addresses were"]
    scene.now += 3600
    scene.look()
    assert len(scene.ordered) == 1


def test_its_line() -> None:
    """The event takes the reason from it."""
    line = read_line(describe(Dense((4, 0xC6336400, 24), 0xC6336400, 0xC63364FF, 64), "198.51.100.0/24"))

    assert line is not None
    assert (line.program, line.kind, line.address) == ("aggregate", "ban", "198.51.100.0/24")
    assert (line.plain, line.reason) == ({"addresses": "64", "of": "256"}, "aggregate 64 of 256 addresses")


@pytest.mark.parametrize("state", ["off", "stopped", "restoring", "permanent"])
def test_when_it_does_not_look(scene: Scene, state: str) -> None:
    """Switched off, while the jail stops or restores its bans, and where a ban would be for ever."""
    scene.share = 0.0 if state == "off" else 0.25
    scene.jail.actions.active = state != "stopped"
    scene.jail.hasFailTickets = state == "restoring"
    scene.bantime = -1 if state == "permanent" else 600

    scene.look()
    assert (scene.asked, scene.ordered) == ([], [])


def test_bans_that_did_not_change(scene: Scene) -> None:
    """They are looked at once a minute; new ones at once."""
    scene.visitors = "5 visitors came from there"
    scene.look()
    scene.now += 59
    scene.manager.put("198.51.100.200")
    scene.look()
    assert scene.asked == [["0"]]
    scene.now += 600
    scene.look()

    assert scene.asked == [["0"], ["0"]]
    assert scene.last_spared == "198.51.100.0/28, 4 of 16 addresses banned: 5 visitors came from there"


@pytest.mark.parametrize("obstacle", ["visitors", "connection"])
def test_somebody_else_is_there(scene: Scene, obstacle: str) -> None:
    """Nothing is ordered, and the reason is kept."""
    setattr(scene, obstacle, "somebody is there")
    scene.look()

    assert scene.ordered == []
    assert scene.last_spared == "198.51.100.0/28, 4 of 16 addresses banned: somebody is there"


def test_what_is_protected_is_not_asked_about(scene: Scene) -> None:
    """The logs are read for nothing then."""
    scene.refusal["198.51.100.0/28"] = "198.51.100.0/28 holds 198.51.100.9, a gateway of this host"
    scene.look()

    assert (scene.asked, scene.ordered) == ([], [])
    assert "a gateway of this host" in scene.last_spared


def test_the_logs_are_not_read_without_end(scene: Scene) -> None:
    """At most once a minute, however many prefixes come; what waits is asked about then."""
    scene.look()
    scene.manager.put(*(f"198.51.100.{last}" for last in (101, 102, 103, 104)))
    scene.now += 30
    scene.look()
    assert scene.asked == [["0"]]
    scene.now += 31
    scene.look()

    assert scene.asked == [["0"], ["96"]]


def test_logs_that_take_long(scene: Scene) -> None:
    """Whoever makes them long does not make us read without end: a twentieth of the time at most."""
    scene.on_question = lambda: setattr(scene, "now", scene.now + 30)
    scene.look()
    scene.manager.put(*(f"198.51.100.{last}" for last in (101, 102, 103, 104)))
    scene.now += 590
    scene.look()
    assert scene.asked == [["0"]]
    scene.now += 11
    scene.look()

    assert scene.asked == [["0"], ["96"]]


def test_all_is_lifted_before_the_order(scene: Scene) -> None:
    """`unban --all` while visitors were counted: nothing is banned."""
    scene.on_question = scene.manager.tickets.clear
    scene.look()

    assert scene.ordered == []


def test_all_is_lifted_during_the_order(scene: Scene) -> None:
    """The prefix goes too."""

    def lift() -> None:
        for identity in list(scene.manager.tickets):
            if "/" not in identity:
                del scene.manager.tickets[identity]

    scene.on_order = lift
    scene.look()

    assert scene.unbanned == ["198.51.100.0/28"]
    assert scene.manager.tickets == {}
    assert scene.counts.counts()["aggregated"] == 0


def test_the_kernel_refuses(scene: Scene) -> None:
    """A ban that does not work is not listed, and is tried again later."""
    scene.place_error = OSError("the set is full")
    scene.look()

    assert scene.unbanned == ["198.51.100.0/28"]
    assert scene.last_spared.endswith("the set is full")


def test_what_is_remembered_is_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes thousands of prefixes gets no memory for them."""
    monkeypatch.setattr("ideolab_f2b.actions.aggregate.jail_aggregate.SPARED", 1)
    scene.visitors = "somebody"
    scene.manager.put(*(f"198.51.100.{last}" for last in (101, 102, 103, 104)))
    scene.look()

    assert len(scene.aggregate._spared) == 1
