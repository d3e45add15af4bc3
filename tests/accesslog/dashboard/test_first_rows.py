"""The first rows of several queries, on each database."""

from __future__ import annotations

from datetime import date

import pytest

from ideolab_accesslog.dashboard.first_rows import read_first
from ideolab_accesslog.models import EventDay
from tests.accesslog.conftest import VENDORS


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_each_query_gives_its_first_rows(database: str) -> None:
    """In one statement, with the values of each; hostile values stay values."""
    for day, key, count in ((1, "a", 5), (1, "b", 9), (1, "c", 1), (2, "a", 2), (3, "'; --%s", 3)):
        EventDay.objects.create(day=date(2026, 11, day), kind="asn", key=key, count=count)
    queries = [
        EventDay.objects.filter(day=date(2026, 11, day)).order_by("-count").values_list("key", "count")[:2]
        for day in (1, 2, 3)
    ]
    hostile = EventDay.objects.filter(key="'; --%s").order_by("-count").values_list("key", "count")[:2]

    assert sorted(read_first(queries)) == [("'; --%s", 3), ("a", 2), ("a", 5), ("b", 9)]
    assert read_first([hostile]) == [("'; --%s", 3)]
    assert read_first([]) == []
