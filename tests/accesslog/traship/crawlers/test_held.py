"""Offences of clients that say to be a crawler wait until it is known."""

from __future__ import annotations

import threading
from typing import Optional

import pytest

from demo.lab.wait import wait_until
from ideolab_accesslog.signals import dropped
from ideolab_accesslog.traship.crawlers import held as module
from ideolab_accesslog.traship.crawlers.held import HeldOffences
from ideolab_accesslog.traship.crawlers.verifier import Verifier
from ideolab_accesslog.traship.offence import Offence

GOOGLE, MALLORY = "66.249.66.1", "198.51.100.66"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NAME = "crawl-66-249-66-1.googlebot.com"


class Answers(Verifier):
    """Answers what the test says, without threads."""

    def __init__(self, **known: str) -> None:
        self.known: dict[str, str] = known
        self.waiting: set[str] = set()
        self.fails = False

    def is_failing(self) -> bool:
        """As the test says."""
        return self.fails

    def ask(self, address: str) -> Optional[str]:
        """The name, or None."""
        return self.known.get(address)

    def recall(self, address: str) -> Optional[str]:
        """The name, or None."""
        return self.known.get(address)

    def is_waiting(self, address: str) -> bool:
        """As the test says."""
        return address in self.waiting


def offence(address: str = GOOGLE, agent: str = GOOGLEBOT, path: str = "/dead") -> Offence:
    return Offence(address, 1_795_359_121.0, "", 404, "GET", path, agent)


def sort(held: HeldOffences, offences: list[Offence]) -> list[Offence]:
    """Return what can be judged now."""
    return list(held.sort(offences))


def test_a_crawler_s_offences_are_excused() -> None:
    """At the turn at which its name is known."""
    verifier, now = Answers(), [0.0]
    held = HeldOffences(verifier, lambda: now[0])

    assert sort(held, [offence()]) == []
    now[0] += 0.5
    verifier.known[GOOGLE] = NAME
    assert [one.reason for one in sort(held, [offence(path="/2")])] == ["crawler", "crawler"]
    assert sort(held, []) == []


def test_an_ipv6_crawler_is_looked_up_by_its_own_address() -> None:
    """Names belong to addresses; the /64 that it is counted by has none."""
    verifier = Answers()
    verifier.known = {"2001:db8:0:7::1": NAME}
    found = offence("2001:db8:0:7::/64")._replace(client="2001:db8:0:7::1")

    assert [one.reason for one in sort(HeldOffences(verifier), [found])] == ["crawler"]


def test_who_only_says_so_counts_as_anybody() -> None:
    """Also Google's own address that says to be Bing's."""
    verifier = Answers()
    verifier.known = {MALLORY: "", GOOGLE: NAME}
    held = HeldOffences(verifier)
    others = [offence(MALLORY), offence(GOOGLE, "bingbot/2.0"), offence(MALLORY, "DuckDuckBot/1.1")]

    assert sort(held, others) == others


def test_nobody_waits_longer_than_five_seconds() -> None:
    """What is unknown is not trusted."""
    now = [0.0]
    held = HeldOffences(Answers(), lambda: now[0])

    assert sort(held, [offence()]) == []
    now[0] += 4.9
    assert sort(held, [offence(path="/2")]) == []
    now[0] += 0.2
    assert sort(held, []) == [offence()]
    now[0] += 5
    assert sort(held, []) == [offence(path="/2")]


def test_a_failure_of_our_own_is_no_proof_against_them() -> None:
    """They wait for a minute; what is unknown then is not trusted either."""
    now, verifier = [0.0], Answers()
    held = HeldOffences(verifier, lambda: now[0])
    verifier.fails = True

    assert sort(held, [offence()]) == []
    now[0] += 59
    assert sort(held, []) == []
    now[0] += 1
    assert sort(held, [offence(path="/2")]) == [offence()]
    verifier.fails = False
    now[0] += 5
    assert sort(held, []) == [offence(path="/2")]


def test_who_waits_for_a_thread_is_not_judged() -> None:
    """Others keep the threads busy: five seconds begin when one is free, and a minute is the end."""
    now, verifier = [0.0], Answers()
    held = HeldOffences(verifier, lambda: now[0])
    verifier.waiting = {GOOGLE, MALLORY}

    assert sort(held, [offence(), offence(MALLORY)]) == []
    now[0] += 30
    assert sort(held, []) == []
    verifier.waiting = {MALLORY}
    now[0] += 4.9
    assert sort(held, []) == []
    now[0] += 0.2
    assert sort(held, []) == [offence()]
    now[0] += 25
    assert sort(held, []) == [offence(MALLORY)]


def test_one_network_keeps_no_crawler_from_being_known() -> None:
    """A thousand addresses of a /64 with a silent name server, and then a real one."""
    may_answer = threading.Event()

    def find(address: str) -> Optional[str]:
        if address == GOOGLE:
            return NAME
        assert may_answer.wait(60)
        return None

    held = HeldOffences(Verifier(find))
    flood = [offence("2001:db8:0:1::/64")._replace(client=f"2001:db8:0:1::{n:x}") for n in range(1, 1100)]
    assert len(sort(held, flood)) == 1099 - module.NETWORK_MAX
    told = sort(held, [offence()])

    def is_told() -> bool:
        told.extend(sort(held, []))
        return bool(told)

    wait_until(is_told, "the crawler's offence")
    may_answer.set()
    assert [(one.address, one.reason) for one in told] == [(GOOGLE, "crawler")]


def test_others_are_not_held() -> None:
    """Who names no crawler, what is excused already, and who has a published address."""
    excused = offence()._replace(excuse="cross_site")
    duck = offence("20.191.45.212", "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)")

    assert sort(HeldOffences(Answers()), [offence(agent="curl/8"), excused, duck]) == [
        offence(agent="curl/8"),
        excused,
        duck._replace(excuse="crawler"),
    ]


def test_the_end_of_the_process_judges_who_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked then; who is unknown is dropped and counted, and neither excused nor told."""
    told: list[object] = []

    def hear(sender: object, count: int, why: str, **_others: object) -> None:
        told.extend((sender, count, why))

    verifier = Answers()
    held = HeldOffences(verifier)
    sort(held, [offence(), offence(MALLORY), offence("203.0.113.7")])
    verifier.known = {MALLORY: "", GOOGLE: NAME}
    monkeypatch.setattr(verifier, "ask", lambda _address: pytest.fail("asked"))
    others = [offence("203.0.113.8"), offence("203.0.113.9", "curl/8")]
    dropped.connect(hear)
    try:
        judged = list(held.sort_last(others))
    finally:
        dropped.disconnect(hear)

    assert judged == [offence()._replace(excuse="crawler"), offence(MALLORY), others[1]]
    assert told == [HeldOffences, 2, "the process ends before a resolver answers"]
    assert list(held.sort_last([])) == []


def test_what_is_known_needs_no_question() -> None:
    """Who has a published address, who has none of the names, who names no crawler; others are unknown."""
    held = HeldOffences(Answers(**{MALLORY: ""}))
    duck = offence("20.191.45.212", "DuckDuckBot/1.1")

    assert held.judge_without_asking(duck) == duck._replace(excuse="crawler")
    assert held.judge_without_asking(offence(MALLORY)) == offence(MALLORY)
    assert held.judge_without_asking(offence(agent="curl/8")) == offence(agent="curl/8")
    assert held.judge_without_asking(offence()) is None


def test_a_turn_asks_for_some_of_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others have their turn next; at the end of the process all that are known are judged."""
    monkeypatch.setattr(module, "ASKED_OF_A_TURN", 2)
    verifier = Answers()
    held = HeldOffences(verifier)
    sort(held, [offence(path=f"/{number}") for number in range(5)])
    verifier.known[GOOGLE] = NAME

    assert [[one.path for one in sort(held, [])] for _ in range(2)] == [["/0", "/1"], ["/2", "/3"]]
    assert [one.path for one in held.sort_last([])] == ["/4"]


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of one network, or of many, is judged at once beyond the room."""
    monkeypatch.setattr(module, "NETWORK_MAX", 3)
    monkeypatch.setattr(module, "NETWORK_FEW", 1)
    monkeypatch.setattr(module, "HELD_MAX", 6)
    held = HeldOffences(Answers())

    assert len(sort(held, [offence(f"198.51.100.{number}") for number in range(10)])) == 7
    assert len(sort(held, [offence(f"203.0.1.{number}") for number in range(10)])) == 9
    assert len(sort(held, [offence(f"203.0.{number}.1") for number in range(2, 10)])) == 6


def test_a_flood_of_many_networks_leaves_room() -> None:
    """Forty of them hold as much as they can: a crawler's offences wait all the same, in every turn."""
    held = HeldOffences(Answers())
    flood = [offence(f"198.18.{network}.1") for network in range(40) for _ in range(500)]
    assert len(sort(held, flood)) > 15_000

    assert sort(held, [offence(path=f"/{number}") for number in range(10)]) == []
    for _turn in range(6):
        assert sort(held, []) == []
