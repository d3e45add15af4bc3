"""The pages of excused offences: each is told once, and there are not too many of them."""

from __future__ import annotations

import pytest

from ideolab_accesslog.traship import excused
from ideolab_accesslog.traship.excused import ExcusedPages

ALICE = "198.51.100.7"


def test_a_page_is_told_once_within_the_window() -> None:
    """The sums slide with the window."""
    now = [1_000.0]
    pages = ExcusedPages(lambda: now[0])

    assert pages.add(ALICE, "/.env", 2) == 2
    assert pages.add(ALICE, "/.env", 2) == 0
    assert pages.add("2001:db8::7", "/.env", 2) == 2
    now[0] += 500
    assert pages.add(ALICE, "/nope", 1) == 3
    now[0] += 101
    assert pages.add(ALICE, "/.env", 2) == 3
    now[0] += 601
    pages.forget_old()
    assert pages._seen == {}


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with thousands of pictures, and thousands of visitors of such a page."""
    monkeypatch.setattr(excused, "PAGES_MAX", 3)
    monkeypatch.setattr(excused, "ADDRESSES_MAX", 2)
    pages = ExcusedPages()

    assert [pages.add(ALICE, f"/{number}", 1) for number in range(5)] == [1, 2, 3, 0, 0]
    for number in range(3):
        pages.add(f"198.51.100.{number}", "/", 1)
    assert list(pages._seen) == ["198.51.100.1", "198.51.100.2"]
