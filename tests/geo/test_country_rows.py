"""Rows are put in order, and what two of them have is the narrower one's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.geo import country_rows
from ideolab_f2b.geo.country_rows import CountryRows, TooManyRowsError
from ideolab_f2b.ranges.refused_rows import RefusedRows

_ROW = st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from(["DE", "FR", "US"]))


def settle(*rows: tuple[int, int, str], version: int = 4) -> tuple[list[tuple[int, int, str]], RefusedRows]:
    """Return the settled rows, and what was refused."""
    each, refusals = CountryRows(version), RefusedRows()
    for first, last, code in rows:
        each.add(first, last, code)
    return list(each.settle(refusals)), refusals


def test_rows_in_order_stay_as_they_are() -> None:
    """As all vendors have them."""
    assert settle((1, 3, "FR"), (4, 9, "US"), (20, 20, "FR"))[0] == [
        (1, 3, "FR"),
        (4, 9, "US"),
        (20, 20, "FR"),
    ]


def test_a_row_inside_another() -> None:
    """It is taken out of it, and counted where the country is another."""
    found, refusals = settle((0, 9, "US"), (3, 5, "DE"), (4, 4, "FR"), (7, 8, "US"))

    assert found == [
        (0, 2, "US"), (3, 3, "DE"), (4, 4, "FR"), (5, 5, "DE"), (6, 9, "US"),
    ]  # fmt: skip
    assert (refusals.nested, refusals.by_reason) == (2, {})


@pytest.mark.parametrize(
    ("version", "first", "last"),
    [
        (4, 0, (1 << 32) - 1),
        (4, 1 << 30, (1 << 30) + (1 << 28)),
        (6, 0, (1 << 128) - 1),
        (6, 1 << 125, 1 << 126),
    ],
)
def test_a_row_of_everything_is_refused(version: int, first: int, last: int) -> None:
    """0.0.0.0/0 of one country would be the whole list."""
    found, refusals = settle((5, 6, "FR"), (first, last, "US"), version=version)

    assert found == [(5, 6, "FR")]
    assert refusals.by_reason == {"wider than any country's": 1}


@given(st.lists(_ROW.filter(lambda row: row[0] <= row[1])))
@settings(deadline=None)
def test_each_number_is_of_one_row_that_has_it(rows: list[tuple[int, int, str]]) -> None:
    """In order, without overlap, nothing lost, nothing made up."""
    found, _refusals = settle(*rows)

    assert all(before[1] < after[0] for before, after in zip(found, found[1:]))
    known = {n: {code for first, last, code in rows if first <= n <= last} for n in range(41)}
    assert {n for first, last, _code in found for n in range(first, last + 1)} == {
        n for n in known if known[n]
    }
    assert [row for row in found if any(row[2] not in known[n] for n in range(row[0], row[1] + 1))] == []


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of countries has so many."""
    monkeypatch.setattr(country_rows, "MAX_ROWS", 1)
    rows = CountryRows(6)
    rows.add(1, 2, "FR")
    rows.require_few()
    rows.add(3, 4, "FR")
    with pytest.raises(TooManyRowsError, match=r"^more than 1 rows of IPv6: no file of countries$"):
        rows.require_few()
