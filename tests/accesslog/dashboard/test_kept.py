"""Ten open pages cost what one does."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import Any

import pytest
from django.utils import translation

from ideolab_accesslog.dashboard.kept import KEPT_S, MOST, KeptData, kept, to_plain
from ideolab_accesslog.dashboard.sources.source import DashboardSource


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_is_kept_for_two_seconds() -> None:
    """Of each period and language; an unknown period is the default one."""
    asked: list[str] = []

    def collect(period: str) -> dict[str, Any]:
        asked.append(period)
        return {"number": len(asked)}

    clock = Clock()
    data = KeptData(collect, clock)
    first = [data.read(period) for period in ("24h", "", "nonsense", "7d")]
    clock.now += KEPT_S
    second = data.read("24h")
    with translation.override("fr"):
        third = data.read("24h")

    assert [one["number"] for one in (*first, second, third)] == [1, 1, 1, 2, 3, 4]
    assert asked == ["24h", "7d", "24h", "24h"]


def test_an_answer_of_before_an_order_is_none() -> None:
    """Whoever has just banned sees it, not what another process has kept."""
    orders: list[str] = []
    data = KeptData(lambda _period: {"orders": len(orders)}, Clock(), lambda: len(orders))

    assert data.read("1h") == data.read("1h") == {"orders": 0}
    orders.append("ban")
    assert data.read("1h") == {"orders": 1}


def test_whoever_asks_meanwhile_waits() -> None:
    """Ten threads at once, one answer."""
    asked: list[str] = []

    def collect(period: str) -> dict[str, Any]:
        asked.append(period)
        time.sleep(0.2)
        return {}

    data = KeptData(collect)
    threads = [threading.Thread(target=data.read, args=("1h",)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert asked == ["1h"]


def test_a_failure_is_not_kept() -> None:
    """The next one asks again, and nobody waits for ever."""
    answers: list[Any] = [RuntimeError("the database is away"), {"ok": True}]

    def collect(_period: str) -> dict[str, Any]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    data = KeptData(collect)
    with pytest.raises(RuntimeError, match="away"):
        data.read("1h")

    assert data.read("1h") == {"ok": True}


def test_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks in a thousand languages fills no memory."""
    data = KeptData(lambda period: {"period": period})
    for number in range(MOST + 5):
        monkeypatch.setattr(
            "ideolab_accesslog.dashboard.kept.get_language", lambda number=number: str(number)
        )
        data.read("1h")

    assert (len(data._answers), len(data._makers)) == (MOST, MOST)
    data.forget()
    assert (data._answers, data._makers) == ({}, {})


def test_records_as_json() -> None:
    """Records by their fields, times in UTC."""
    when = datetime(2026, 11, 22, tzinfo=timezone.utc)

    assert to_plain(((DashboardSource("a", "b", "ok", None, "c"),), when, 1, 0.5, None)) == [
        [{"key": "a", "label": "b", "state": "ok", "age_s": None, "text": "c"}],
        *("2026-11-22T00:00:00+00:00", 1, 0.5, None),
    ]


@pytest.mark.django_db
def test_a_setting_that_changes(settings: Any) -> None:
    """Empties it."""
    before = kept.read("1h")
    settings.TRASHIP_ENABLED = False

    assert [one["site"]["state"] for one in (before, kept.read("1h"))] == ["ok", "unknown"]
