"""event: one object, one line, and back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ideolab_f2b.event import Event, EventError, from_json

WHEN = datetime(2026, 11, 22, 14, 52, 1, 250000, tzinfo=timezone.utc)


def test_an_event_is_one_line() -> None:
    """Every field is there, null where it is unknown; text of others is escaped."""
    event = Event(WHEN, "suspect", ip="198.51.100.10", count=40, score=5, reason="a\nb", raw={"mute": 40})

    assert event.to_json() == (
        '{"ts":"2026-11-22T14:52:01.250+00:00","type":"suspect","ip":"198.51.100.10","subnet":null,"count":40,'
        '"score":5,"asn":null,"asname":null,"country":null,"reason":"a\\nb","jail":null,"bantime":null,'
        '"until":null,"origin":null,"raw":{"mute":40},"in":null,"id":null}'
    )


def test_there_and_back() -> None:
    """What is written is what is read."""
    event = Event(WHEN, "ban", subnet="2001:db8::/64", bantime=60, until=WHEN + timedelta(seconds=60))

    assert from_json(event.to_json()) == event


def test_the_namespace_of_a_container() -> None:
    """Its key is `in`, which is no name in Python; older lines do not have it."""
    event = Event(WHEN, "suspect", ip="198.51.100.10", namespace="docker:0225320b4597")

    assert '"in":"docker:0225320b4597","id":null}' in event.to_json()
    assert from_json(event.to_json()) == event
    assert from_json('{"ts":"2026-11-22T14:52:01+00:00","type":"ban"}').namespace is None


def test_unknown_fields_are_passed_over() -> None:
    """A newer writer does not stop an older reader."""
    assert from_json('{"ts":"2026-11-22T14:52:01+00:00","type":"ban","new":1}').type == "ban"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "1",
        "{}",
        '{"type":"ban"}',
        '{"ts":"2026-11-22T14:52:01","type":"ban"}',
        '{"ts":"yesterday","type":"ban"}',
        '{"ts":1,"type":"ban"}',
        '{"ts":"2026-11-22T14:52:01+00:00","type":"party"}',
        '{"ts":"2026-11-22T14:52:01+00:00","ty',
    ],
)
def test_what_is_no_event_says_why(line: str) -> None:
    """A cut or foreign line is one clear error."""
    with pytest.raises(EventError, match=r"."):
        from_json(line)


def test_an_event_holds_only_what_json_holds() -> None:
    """A value of another kind is a programmer's error and not silently text."""
    with pytest.raises(TypeError, match="cannot be stored in an event"):
        Event(WHEN, "ban", raw={"x": object()}).to_json()
