"""Counters of one action."""

from __future__ import annotations

import re
import threading

import pytest

from ideolab_f2b.actions.ban.counts import BanCounts, count_errors


def test_counts() -> None:
    """Every counter is there from the beginning; an error keeps its text."""
    counts = BanCounts()
    counts.add("bans")
    counts.add("bans", 2)
    counts.add_error(ValueError("x" * 900))

    assert counts.counts() == {
        "bans": 3, "restored": 0, "prolonged": 0, "unbans": 0, "refused": 0, "full": 0,
        "aggregated": 0, "errors": 1
    }  # fmt: skip
    assert counts.last_error == f"ValueError: {'x' * 488}"


def test_threads_lose_no_count() -> None:
    """Two threads of fail2ban count at once."""
    counts = BanCounts()

    def count() -> None:
        for _ban in range(5000):
            counts.add("bans")

    threads = [threading.Thread(target=count) for _thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts.counts()["bans"] == 10000


class Counting:
    """What count_errors needs of an action."""

    def __init__(self) -> None:
        self._counts = BanCounts()

    @count_errors
    def fail(self, error: BaseException) -> None:
        raise error


def test_a_raise_is_counted_and_ends_no_thread() -> None:
    """An Exception goes on as it is; a SystemExit becomes one."""
    action = Counting()

    with pytest.raises(ValueError, match="full"):
        action.fail(ValueError("full"))
    with pytest.raises(RuntimeError, match=re.escape("fail: SystemExit(3)")):
        action.fail(SystemExit(3))

    assert action._counts.counts()["errors"] == 2
    assert action._counts.last_error == "SystemExit: 3"
