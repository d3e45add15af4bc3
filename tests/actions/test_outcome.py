"""outcome: what the ban action leaves for the report action."""

from __future__ import annotations

import threading

from ideolab_f2b.actions import outcome


def test_it_is_told_once_and_to_the_right_one() -> None:
    """Of this jail and address, in the thread in which it happened."""
    error = ValueError("full")
    outcome.failed("j", "198.51.100.7", error)
    elsewhere: list[object] = []
    thread = threading.Thread(target=lambda: elsewhere.append(outcome.taken("j", "198.51.100.7")))
    thread.start()
    thread.join()

    assert elsewhere == [None]
    assert outcome.taken("j", "198.51.100.7") is error
    assert outcome.taken("j", "198.51.100.7") is None
    outcome.failed("j", "198.51.100.7", error)
    assert outcome.taken("j", "198.51.100.8") is None
