"""Counters of one action."""

from __future__ import annotations

import threading

from ideolab_f2b.actions.ban.counts import BanCounts


def test_counts() -> None:
    """Every counter is there from the beginning; an error keeps its text."""
    counts = BanCounts()
    counts.add("bans")
    counts.add("bans", 2)
    counts.add_error(ValueError("x" * 900))

    assert counts.counts() == {
        "bans": 3, "restored": 0, "prolonged": 0, "unbans": 0, "refused": 0, "full": 0, "errors": 1
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
