"""Threads that look up names: who waits for whom, and for how long an answer is good."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Callable, Optional

import pytest

from demo.lab.wait import wait_until
from ideolab_accesslog.traship.crawlers import verifier as module
from ideolab_accesslog.traship.crawlers import waiting
from ideolab_accesslog.traship.crawlers.verifier import Verifier, network_of

GOOGLE, GOOGLE2, BING = "66.249.66.1", "66.249.66.2", "157.55.39.1"
MALLORY, MALLORY2 = "198.51.100.66", "198.51.100.67"
NAME = "crawl-66-249-66-1.googlebot.com"


class SlowResolver:
    """Gives its answers when it is allowed to."""

    def __init__(self, answer: Callable[[str], Optional[str]] = lambda _address: NAME) -> None:
        self._answer = answer
        self.asked: list[str] = []
        self.may_answer = threading.Event()

    def find(self, address: str) -> Optional[str]:
        self.asked.append(address)
        assert self.may_answer.wait(60)
        return self._answer(address)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowResolver]:
    """Its threads end at once without work, and with the test."""
    monkeypatch.setattr(module, "REST_S", 0.05)
    made = SlowResolver()
    yield made
    made.may_answer.set()


def test_an_answer_is_good_for_a_day(resolver: SlowResolver) -> None:
    """None while it is looked up; nobody waits."""
    now = [0.0]
    verifier = Verifier(resolver.find, lambda: now[0])

    assert [verifier.ask(GOOGLE), verifier.ask(GOOGLE), verifier.recall(GOOGLE)] == [None, None, None]
    resolver.may_answer.set()
    wait_until(lambda: verifier.ask(GOOGLE) == NAME, "the answer")
    assert verifier.recall(GOOGLE) == NAME
    now[0] += 86_399
    assert verifier.ask(GOOGLE) == NAME
    assert resolver.asked == [GOOGLE]
    now[0] += 2
    assert verifier.ask(GOOGLE) is None


@pytest.mark.parametrize(("answer", "seconds"), [("", 3600.0), (None, 60.0)])
def test_no_name_is_good_for_an_hour_and_a_failure_for_a_minute(
    resolver: SlowResolver, answer: Optional[str], seconds: float
) -> None:
    """What is unknown is not trusted."""
    now = [0.0]
    resolver._answer = lambda _address: answer
    resolver.may_answer.set()
    verifier = Verifier(resolver.find, lambda: now[0])

    wait_until(lambda: verifier.ask(GOOGLE) == "", "the answer")
    now[0] += seconds - 1
    assert verifier.ask(GOOGLE) == ""
    now[0] += 2
    assert verifier.ask(GOOGLE) is None


def test_a_slow_network_rests(resolver: SlowResolver) -> None:
    """Its owner may answer as slowly as he likes; its other addresses wait no longer."""
    now = [0.0]
    resolver._answer = lambda _address: ""
    verifier = Verifier(resolver.find, lambda: now[0])
    assert [verifier.ask(MALLORY), verifier.ask(MALLORY2)] == [None, None]
    wait_until(lambda: resolver.asked == [MALLORY], "the question")
    now[0] += 1.1
    resolver.may_answer.set()
    wait_until(lambda: verifier.ask(MALLORY) == "", "the answer")

    assert verifier.ask(MALLORY2) == ""
    assert not verifier.is_waiting(MALLORY2)
    assert resolver.asked == [MALLORY]


def test_a_crawler_whose_name_comes_late_is_one(resolver: SlowResolver) -> None:
    """Our resolver had not heard of it yet: its other addresses are looked up too."""
    now = [0.0]
    verifier = Verifier(resolver.find, lambda: now[0])
    assert [verifier.ask(GOOGLE), verifier.ask(GOOGLE2)] == [None, None]
    wait_until(lambda: resolver.asked == [GOOGLE], "the question")
    now[0] += 6
    resolver.may_answer.set()

    wait_until(lambda: verifier.ask(GOOGLE2) == NAME, "the answer")
    assert verifier.ask(GOOGLE) == NAME


def test_four_slow_networks_keep_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty addresses of each came first: the crawler has the first thread that is free."""
    monkeypatch.setattr(module, "REST_S", 0.05)
    asked: list[str] = []
    answers = threading.Semaphore(0)

    def find(address: str) -> str:
        asked.append(address)
        assert answers.acquire(timeout=60)
        return ""

    verifier = Verifier(find)
    for number in range(1, 21):
        for network in range(4):
            verifier.ask(f"198.18.{network}.{number}")
    wait_until(lambda: len(asked) == 4, "four questions")
    verifier.ask(GOOGLE)
    assert (verifier.is_waiting(GOOGLE), verifier.is_waiting(asked[0])) == (True, False)
    for count in range(5, 9):
        answers.release()
        wait_until(lambda count=count: len(asked) == count, "the next question")  # type: ignore[misc]

    assert GOOGLE in asked[4:]
    assert not verifier.is_waiting(GOOGLE)
    answers.release(100)


def test_one_question_a_network_and_few_threads(
    resolver: SlowResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A /24, or a /48, and four of them at a time."""
    monkeypatch.setattr(waiting, "WAITING_MAX", 4)
    verifier = Verifier(resolver.find)
    many = [f"198.51.100.{number}" for number in range(3)] + [f"203.0.{n}.1" for n in range(6)]

    answers = [verifier.ask(address) for address in many]
    wait_until(lambda: len(resolver.asked) == 4, "four questions")
    assert answers == [None] * 9
    assert len(verifier._lookups.threads) == 4
    assert len({network_of(address) for address in resolver.asked}) == 4

    resolver.may_answer.set()
    wait_until(lambda: all(verifier.ask(address) == NAME for address in many), "all answers")
    wait_until(lambda: not verifier._lookups.threads, "the end of the threads")
    assert sorted(resolver.asked) == sorted(many)


def test_few_addresses_of_a_network_wait(resolver: SlowResolver) -> None:
    """A scanner with a /64 and a silent name server leaves room for others; all are looked up in the end."""
    verifier = Verifier(resolver.find)
    many = [f"2001:db8:0:1::{number:x}" for number in range(1, 1100)]

    verifier.ask(many[0])
    wait_until(lambda: resolver.asked == many[:1], "the first question")
    assert {verifier.ask(address) for address in many} == {None}
    assert len(verifier._lookups.waiting) == 20
    assert verifier.ask(GOOGLE) is None
    wait_until(lambda: GOOGLE in resolver.asked, "the question")
    resolver.may_answer.set()
    wait_until(lambda: verifier.ask(many[30]) == NAME, "the answer")
    wait_until(lambda: not verifier._lookups.waiting and not verifier._lookups.running, "the end")


class FailingResolver:
    """Does not answer about some networks, at once; counts the questions."""

    def __init__(self) -> None:
        self.failing = {network_of(address) for address in (GOOGLE, BING, MALLORY)}
        self.asked: Counter[str] = Counter()

    def find(self, address: str) -> Optional[str]:
        self.asked[address] += 1
        return None if network_of(address) in self.failing else NAME


def test_a_network_that_fails_alone_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner has silenced its name server; others are answered."""
    monkeypatch.setattr(module, "REST_S", 0.05)
    now, failing = [0.0], FailingResolver()
    failing.failing.discard(network_of(GOOGLE))
    verifier = Verifier(failing.find, lambda: now[0])
    for address, answer in ((MALLORY, ""), (GOOGLE, NAME), (BING, "")):
        wait_until(lambda pair=(address, answer): verifier.ask(pair[0]) == pair[1], "answer")  # type: ignore[misc]

    assert not verifier.is_failing()
    assert [verifier.ask(MALLORY), verifier.ask(BING)] == ["", ""]


def test_a_resolver_of_ours_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two networks without an answer: nobody is judged by it, and the first answer ends it."""
    monkeypatch.setattr(module, "REST_S", 0.05)
    now, failing = [0.0], FailingResolver()
    verifier = Verifier(failing.find, lambda: now[0])
    for address in (GOOGLE, BING):
        verifier.ask(address)
    wait_until(verifier.is_failing, "the failure")
    assert [verifier.ask(GOOGLE), verifier.ask(GOOGLE2), verifier.ask(BING)] == [None] * 3
    now[0] += 6
    assert verifier.ask(GOOGLE) is None
    wait_until(lambda: failing.asked[GOOGLE] == 2, "the second question")

    failing.failing = {network_of(MALLORY)}
    now[0] += 6
    wait_until(lambda: verifier.ask(BING) == NAME, "the answer")
    wait_until(lambda: verifier.ask(GOOGLE) == NAME, "the answer")
    now[0] += 31
    assert not verifier.is_failing()
    wait_until(lambda: verifier.ask(MALLORY) == "", "the failure of one network")


def test_failures_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two scanners on two days are no failure of ours."""
    monkeypatch.setattr(module, "REST_S", 0.05)
    now, failing = [0.0], FailingResolver()
    verifier = Verifier(failing.find, lambda: now[0])
    wait_until(lambda: verifier.ask(MALLORY) == "", "the first failure")
    now[0] += 61
    wait_until(lambda: verifier.ask(BING) == "", "the second failure")

    assert not verifier.is_failing()


def test_an_error_is_a_failure(resolver: SlowResolver, caplog: pytest.LogCaptureFixture) -> None:
    """And the thread goes on."""
    failing = {GOOGLE}

    def find(address: str) -> str:
        if address in failing:
            raise RuntimeError("unexpected")
        return NAME

    verifier = Verifier(find)
    wait_until(lambda: verifier.ask(GOOGLE) == "", "the failure")
    wait_until(lambda: verifier.ask(BING) == NAME, "the answer")
    assert "the name of a crawler was not looked up" in caplog.text


def test_without_threads_nobody_is_verified(
    resolver: SlowResolver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The limit of the user's processes is reached."""

    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    verifier = Verifier(resolver.find)
    monkeypatch.setattr(threading.Thread, "start", fail)

    assert verifier.ask(GOOGLE) is None
    assert "no thread for the names of crawlers" in caplog.text


def test_a_new_beginning(resolver: SlowResolver) -> None:
    """What a thread of before has found is not kept."""
    verifier = Verifier(resolver.find)
    verifier.ask(GOOGLE)
    wait_until(lambda: resolver.asked == [GOOGLE], "the question")
    before = list(verifier._lookups.threads)
    verifier.forget()
    resolver.may_answer.set()
    for thread in before:
        thread.join(60)

    assert verifier.recall(GOOGLE) is None


def test_an_idle_thread_of_before_takes_nothing(resolver: SlowResolver) -> None:
    """Its lock is not the lock of what began anew."""
    resolver.may_answer.set()
    verifier = Verifier(resolver.find)
    wait_until(lambda: verifier.ask(GOOGLE) == NAME, "the answer")
    before = verifier._lookups
    idle = list(before.threads)
    verifier.forget()
    verifier._lookups.add(BING, 0.0)
    with before.change:
        before.change.notify_all()
    for thread in idle:
        thread.join(60)

    assert resolver.asked == [GOOGLE]
    assert (verifier.is_waiting(BING), verifier._lookups.running) == (True, {})


def test_what_is_remembered_is_bounded(resolver: SlowResolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest answers make room."""
    monkeypatch.setattr(module, "ANSWERS_MAX", 2)
    resolver.may_answer.set()
    verifier = Verifier(resolver.find)
    for address in (GOOGLE, GOOGLE2, BING):
        wait_until(lambda address=address: verifier.ask(address) == NAME, "the answer")  # type: ignore[misc]

    assert [verifier.recall(address) for address in (GOOGLE, GOOGLE2, BING)] == [None, NAME, NAME]


@pytest.mark.parametrize(
    ("address", "network"),
    [("198.51.100.7", "198.51.100.0/24"), ("2001:db8:1:2::7", "2001:db8:1::/48")],
)
def test_networks(address: str, network: str) -> None:
    """Whose names have one owner."""
    assert network_of(address) == network


def test_this_host_s_resolver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways."""
    monkeypatch.setattr(module, "REST_S", 0.05)
    monkeypatch.setattr(socket, "gethostbyaddr", lambda address: (NAME, [], [address]))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_options: [(2, 1, 6, "", (GOOGLE, 0))])
    verifier = Verifier()

    wait_until(lambda: verifier.ask(GOOGLE) == NAME, "the answer")
    wait_until(lambda: verifier.ask(BING) == "", "the answer")
