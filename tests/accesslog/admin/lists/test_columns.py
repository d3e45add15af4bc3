"""The cells of the lists."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Optional

import pytest
from django.utils import timezone as django_timezone
from django.utils import translation

from ideolab_accesslog.admin.lists import columns


@pytest.mark.parametrize(
    ("duration_ms", "shown"),
    [
        (None, "-"), (0.0, "0.0 ms"), (0.61234, "0.6 ms"), (9.94, "9.9 ms"), (9.96, "10 ms"),
        (12.598, "13 ms"), (999.4, "999 ms"), (999.6, "1.0 s"), (1234.5, "1.2 s"), (61234.5, "61 s"),
    ],
)  # fmt: skip
def test_a_duration_is_rounded(duration_ms: Optional[float], shown: str) -> None:
    """Two figures that mean something, and the unit."""
    assert columns.show_duration(duration_ms).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_numbers_follow_the_language(settings: Any) -> None:
    """The comma of French; thousands as the site wants them."""
    settings.USE_THOUSAND_SEPARATOR = True
    with translation.override("fr"):
        assert columns.show_duration(1234.5).startswith("1,2")
    with translation.override("en"):
        assert "1,000,000" in columns.show_number("404", 1_000_000)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "permanent"), (86400, "1 d"), (604800, "7 d"), (7200, "2 h"), (5400, "90 min"), (61, "61 s")],
)
def test_the_time_of_a_ban(seconds: Optional[int], shown: str) -> None:
    """The largest unit that divides it."""
    assert columns.show_span(seconds) == shown


def test_a_time_has_its_seconds_on_the_sites_clock() -> None:
    """The same in every language, because the filters have it so."""
    with django_timezone.override("Europe/Paris"):
        shown = columns.show_time(datetime(2026, 11, 22, 23, 52, 1, tzinfo=timezone.utc))
    assert "<span>2026-11-23</span> <span>00:52:01</span>" in shown
    assert columns.show_time(None) == "-"


def test_a_long_text_is_cut_and_escaped() -> None:
    """The whole is there for the pointer."""
    shown = columns.show_text("/<b>" + "a" * 100, 10)
    assert ">/&lt;b&gt;aaaaa…</span>" in shown
    assert f'title="/&lt;b&gt;{"a" * 100}"' in shown


def test_lines_of_a_cell() -> None:
    """Empty ones make no line."""
    shown = columns.stack("first", "", "-", "<last>")
    assert shown.count("ideolab-below") == 1
    assert "&lt;last&gt;" in shown
