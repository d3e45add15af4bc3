"""fail2ban's sleeps, made shorter and put back."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fail2ban.server.utils import Utils

from ideolab_f2b.actions.ban import polling


@pytest.fixture(autouse=True)
def sleeps() -> Iterator[None]:
    before = Utils.DEFAULT_SLEEP_INTERVAL
    yield
    Utils.DEFAULT_SLEEP_INTERVAL = before


def jail() -> Any:
    return SimpleNamespace(filter=SimpleNamespace(sleeptime=2), actions=SimpleNamespace(sleeptime=2))


def times(subject: Any) -> tuple[float, float, float]:
    return subject.filter.sleeptime, subject.actions.sleeptime, Utils.DEFAULT_SLEEP_INTERVAL


def test_low_and_default() -> None:
    """The interval of the server stays short until the last jail that wants it is gone."""
    one, other = jail(), jail()
    polling.shorten(one)
    polling.shorten(one)
    polling.shorten(other)
    assert times(one) == (0.05, 0.05, 0.01)

    polling.restore(one)
    assert times(one) == (2, 2, 0.01)
    polling.restore(other)
    assert times(other) == (2, 2, 0.2)


def test_default_changes_nothing_that_it_did_not_make() -> None:
    """An administrator's own value in another jail stays."""
    own = jail()
    own.actions.sleeptime = 7

    polling.restore(own)

    assert times(own) == (2, 7, 0.2)
