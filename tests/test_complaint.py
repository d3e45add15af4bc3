"""complaint: said at once, then again after some time while it lasts."""

from __future__ import annotations

import tempfile

import pytest

from ideolab_f2b.complaint import Complaint, complain_on_stderr

Said = list[str]


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """It stands at 100 seconds."""
    return Clock()


def test_again_after_the_time_while_it_lasts(clock: Clock) -> None:
    """Each subject for itself, with the text of the moment."""
    said: Said = []
    complaint = Complaint(said.append, 60.0, clock)

    for second in range(120):
        clock.now = 100.0 + second
        complaint.say(f"full for {second} s", "disk")
        complaint.say("gone")

    assert said == ["full for 0 s", "gone", "full for 60 s", "gone"]


def test_what_differs_in_a_text_makes_no_new_trouble(clock: Clock) -> None:
    """A temporary file has another name each time, a count another number; another file is another case."""
    said: Said = []
    complaint = Complaint(said.append, 60.0, clock)

    for number in range(20):
        name = next(tempfile._get_candidate_names())  # type: ignore[attr-defined]
        complaint.say(f"[Errno 30] Read-only file system: '/a/.x.prom.{name}.tmp'")
        complaint.say(f"closing the sockets of {number} networks: denied at 0x7f{number:06x}")
        complaint.say("[Errno 30] Read-only file system: '/a/y.prom'")

    assert [text.partition(" ")[0] for text in said] == ["[Errno", "closing", "[Errno"]
    assert said[2].endswith("'/a/y.prom'")


def test_say_tells_whether_it_was_said(clock: Clock) -> None:
    """A caller that counts can count what was held back."""
    complaint = Complaint(lambda text: None, 60.0, clock)

    assert [complaint.say("full"), complaint.say("full")] == [True, False]


def test_the_end_is_said_once_and_only_of_what_was_said(clock: Clock) -> None:
    """After it, the next time is new."""
    said: Said = []
    complaint = Complaint(said.append, 60.0, clock)

    complaint.settle("disk", "space again")
    complaint.say("full", "disk")
    complaint.settle("disk", "space again")
    complaint.settle("disk", "space again")
    complaint.say("full", "disk")

    assert said == ["full", "space again", "full"]
    assert complaint.subjects() == ["disk"]


def test_the_number_of_subjects_has_a_limit(clock: Clock) -> None:
    """The oldest is forgotten first: what a stranger chooses never costs more memory than that."""
    said: Said = []
    complaint = Complaint(said.append, 60.0, clock, limit=2)

    for text in ("one", "two", "three", "two", "one"):
        complaint.say(text)

    assert said == ["one", "two", "three", "one"]
    assert complaint.subjects() == ["three", "one"]


def test_texts_of_what_was_said(clock: Clock) -> None:
    """A subject is for the program; whoever looks at what is wrong wants to read the text."""
    complaint = Complaint(lambda text: None, 60.0, clock)
    complaint.say("full at 1", "disk")
    complaint.say("gone")
    complaint.say("full at 2", "disk")
    assert complaint.texts() == ["full at 1", "gone"]

    clock.now += 60
    complaint.say("full at 3", "disk")
    complaint.settle("gone")
    assert complaint.texts() == ["full at 3"]


def test_a_service_complains_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Its name stands before the text, as the other lines of the journal have it."""
    complaint = complain_on_stderr("connmon")

    complaint.say("install it")
    complaint.say("install it")

    assert capsys.readouterr().err == "connmon: install it\n"
