"""Offences of clients that say to be a crawler wait until it is known."""

from __future__ import annotations

from typing import Optional

import pytest

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

    def ask(self, address: str) -> Optional[str]:
        """The name, or None."""
        return self.known.get(address)

    def recall(self, address: str) -> str:
        """The name, or none."""
        return self.known.get(address, "")


def offence(address: str = GOOGLE, agent: str = GOOGLEBOT, path: str = "/dead") -> Offence:
    return Offence(address, 1_795_359_121.0, "", 404, "GET", path, agent)


def sort(held: HeldOffences, offences: list[Offence], is_last: bool = False) -> list[Offence]:
    """Return what can be judged now."""
    return list(held.sort(offences, is_last))


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


def test_others_are_not_held() -> None:
    """Who names no crawler, what is excused already, and who has a published address."""
    excused = offence()._replace(excuse="cross_site")
    duck = offence("20.191.45.212", "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)")

    assert sort(HeldOffences(Answers()), [offence(agent="curl/8"), excused, duck]) == [
        offence(agent="curl/8"),
        excused,
        duck._replace(excuse="crawler"),
    ]


def test_the_end_of_the_process_holds_nothing_back() -> None:
    """They count as anybody's."""
    held = HeldOffences(Answers())
    sort(held, [offence()])

    assert sort(held, [offence(path="/2")], is_last=True) == [offence(), offence(path="/2")]
    assert sort(held, []) == []


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of one network, or of many, is judged at once beyond the room."""
    monkeypatch.setattr(module, "NETWORK_MAX", 3)
    monkeypatch.setattr(module, "HELD_MAX", 5)
    held = HeldOffences(Answers())

    assert len(sort(held, [offence(f"198.51.100.{number}") for number in range(10)])) == 7
    assert len(sort(held, [offence(f"203.0.{number}.1") for number in range(10)])) == 8
