"""question: who is asked when, and why nobody answers."""

from __future__ import annotations

import errno
import time

import pytest

from ideolab_f2b.connmon.containers import question
from ideolab_f2b.connmon.containers.question import NamespaceQuestion
from tests.connmon.containers.places import Opener, Place

GONE = FileNotFoundError(errno.ENOENT, "/run/ideolab-netns/sock")


class Asked:
    """A question with a clock of its own."""

    def __init__(self, opener: Opener, *, is_wanted: bool = False) -> None:
        self.now, self.opener = 100.0, opener
        self.question = NamespaceQuestion(
            (443,), opener.ask, opener.ask_addresses, above=8, is_wanted=is_wanted, clock=lambda: self.now
        )

    def names(self) -> list[str]:
        """The namespaces of one question."""
        return [one.name for one in self.question.ask()]


def test_a_whole_answer() -> None:
    """Their number is known, and a calm one has no channel."""
    busy, calm = Place(1, "lxc:busy"), Place(2, "lxc:calm")
    calm.in_use = 7
    asked = Asked(Opener(busy, calm))

    assert [(one.name, one.channel is None) for one in asked.question.ask()] == [
        ("lxc:busy", False),
        ("lxc:calm", True),
    ]
    assert (asked.question.number, asked.question.is_whole, asked.question.problem) == (2, True, "")


def test_no_opener_is_no_problem_where_nobody_wants_one() -> None:
    """auto without an opener: nothing is said, no number is told, and it is asked again each time."""
    asked = Asked(Opener())
    asked.opener.error = GONE
    assert [asked.names(), asked.names()] == [[], []]

    assert (asked.question.number, asked.question.is_whole, asked.question.problem) == (None, False, "")
    assert asked.opener.questions == 2


@pytest.mark.parametrize("error", [GONE, ConnectionRefusedError(errno.ECONNREFUSED, "refused")])
def test_no_opener_is_a_problem_where_a_container_is_named(error: OSError) -> None:
    """And where it was there before."""
    named, lost = Asked(Opener(), is_wanted=True), Asked(Opener(Place(1)))
    named.opener.error = error
    named.names()
    assert named.question.problem == "ideolab-netns does not run"

    lost.names()
    lost.opener.places, lost.opener.error = [], error
    lost.names()
    assert (lost.question.problem, lost.question.number) == ("ideolab-netns does not run", None)


def test_an_opener_that_fails_is_asked_less_often() -> None:
    """After 2 s, then 4, up to half a minute; a good answer ends that."""
    asked = Asked(Opener(Place(1)))
    asked.opener.error = PermissionError(errno.EACCES, "/run/ideolab-netns/sock")
    pauses = []
    for _failure in range(6):
        before, questions = asked.now, asked.opener.questions
        while asked.opener.questions == questions:
            asked.names()
            asked.now += 1.0
        pauses.append(asked.now - 1.0 - before)
    assert pauses == [0.0, 1.0, 3.0, 7.0, 15.0, 29.0]
    assert "ideolab-netns: " in asked.question.problem
    assert "/run/ideolab-netns/sock" in asked.question.problem

    asked.opener.error, asked.now = None, asked.now + 60.0
    assert asked.names() == ["lxc:c1"]
    assert asked.question.problem == ""
    asked.opener.error = GONE
    assert asked.names() == ["lxc:c1"]


def test_addresses() -> None:
    """An opener that fails is not asked for them either."""
    asked = Asked(Opener())
    asked.opener.others = frozenset([b"\x0a\x4d\x00\x05"])
    assert asked.question.ask_addresses() == asked.opener.others

    asked.opener.error = PermissionError(errno.EACCES, "no")
    assert [asked.question.ask_addresses(), asked.question.ask_addresses()] == [None, None]
    assert (asked.opener.address_questions, asked.question.problem) == (2, "ideolab-netns: no")


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came until then is used; the time that a look takes is no waiting."""
    asked = Asked(Opener(*(Place(number, f"lxc:c{number}") for number in range(9))))
    asked.question._clock = time.monotonic
    monkeypatch.setattr(question, "DEADLINE_S", 0.25)
    asked.opener.wait_s = 0.1

    assert asked.names() == ["lxc:c0", "lxc:c1"]
    assert "no whole answer within" in asked.question.problem
    assert asked.question.is_whole is False

    asked.question._again_at, asked.opener.wait_s = 0.0, 0.0
    for _one in asked.question.ask():
        time.sleep(0.05)
    assert asked.question.is_whole is True
