"""The process that counts the visitors of networks."""

from __future__ import annotations

from typing import Any

import pytest

from ideolab_f2b.actions.aggregate import visitor_child
from ideolab_f2b.bans.jail_bans import key_of_text
from ideolab_f2b.visitors.visitors import Visitors

NET = 0xC6336400


def seen(*clients: str, **fields: Any) -> Visitors:
    return Visitors(
        {key_of_text(each) or (0, 0, 0): 3 for each in clients}, ("access.log",), 1000.0, **fields
    )


def test_count() -> None:
    """Clients of each span, without those who are banned; an IPv6 client is its /64."""
    visitors = seen("198.51.100.7", "198.51.100.8", "198.51.100.99", "2001:db8:0:5::/64")
    spans = [(4, NET, NET + 15), (4, NET + 16, NET + 31), (6, 0x20010DB800000000, 0x20010DB80000000F)]

    assert visitor_child.count(visitors, spans, {4: frozenset({NET + 8}), 6: frozenset()}) == [1, 0, 1]


def test_a_week_or_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the logs of a week are more than can be read, those of a day are enough."""
    asked: list[float] = []

    def read(days: float, _patterns: object) -> Visitors:
        asked.append(days)
        return seen("198.51.100.7", is_partial=days == 7, troubles=("too much",) if days == 7 else ())

    monkeypatch.setattr(visitor_child, "read", read)
    told = visitor_child.answer({"spans": [[4, NET, NET + 255]], "banned": {"4": [], "6": []}})

    assert asked == [7, 1]
    assert told == {
        "since": 1000.0, "written": 0.0, "is_known": True, "is_partial": False, "visitors": [1],
        "troubles": [],
    }  # fmt: skip
