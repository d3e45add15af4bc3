"""Rows of two addresses and a country; what is none is counted and told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources import range_rows
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.ranges.refused_rows import RefusedRows
from tests.geo.vendor_files import read_rows

NO_ROW = "not a row of two addresses and a country"


def read(*lines: str) -> tuple[list[tuple[str, str, str]], dict[str, int]]:
    """Return the rows of some lines, and what was refused."""
    rows, refusals = {4: CountryRows(4), 6: CountryRows(6)}, RefusedRows()
    range_rows.read_ranges([list(lines)], rows, Codes(), refusals)
    return read_rows(rows), refusals.by_reason


def test_rows_in_all_notations() -> None:
    """Numbers, points, colons; codes in lower case, in quotes, before a carriage return; UK is GB."""
    assert read(
        "3325256704,3325256704,FR",
        "198.51.100.1,198.51.100.1,fr",
        "198.51.100.2,198.51.100.2,UK\r",
        '198.51.100.3,198.51.100.3,"US"',
        "2001:db8::,2001:db8::1,DE",
        "42540766411282592856903984951653826560,42540766411282592856903984951653826560,IT",
    ) == (
        [
            ("198.51.100.0", "198.51.100.0", "FR"),
            ("198.51.100.1", "198.51.100.1", "FR"),
            ("198.51.100.2", "198.51.100.2", "GB"),
            ("198.51.100.3", "198.51.100.3", "US"),
            ("2001:db8::", "2001:db8::1", "DE"),
            ("2001:db8::", "2001:db8::", "IT"),
        ],
        {},
    )


def test_what_has_no_country_is_left_out() -> None:
    """Remarks, empty lines, and the codes for nobody knows are no fault."""
    assert read("# remark", "", "  ", "1,2,??", "1,2,ZZ", "1,2,-", "1,2,", "1,2,EU", "1,2,A1") == (
        [("0.0.0.1", "0.0.0.2", "EU"), ("0.0.0.1", "0.0.0.2", "A1")],
        {},
    )


def test_hostile_rows_are_refused() -> None:
    """Reversed, mixed families, what is no address or no code, too few and too many fields."""
    assert read(
        "198.51.100.9,198.51.100.1,FR",
        "2001:db8::9,2001:db8::1,FR",
        "198.51.100.1,2001:db8::1,FR",
        "2001:db8::1,198.51.100.1,FR",
        "1,42540766411282592856903984951653826560,FR",
        f"{1 << 127},{1 << 128},FR",
        "-5,6,FR",
        "1_0,2_0,FR",
        "\u00b2,\u00b3,FR",
        "198.51.100.300,198.51.100.301,FR",
        "198.51.100.1/24,198.51.100.2,FR",
        "::1,::2,FR",
        "1,2,F!",
        "1,2,FRA",
        "1,2,\x1b[2J",
        "1,2",
        "1,2,FR,DE",
        "\x00\x01\x02",
    ) == ([], {"its end comes before its begin": 2, NO_ROW: 16})


@given(st.lists(st.text(alphabet=st.characters(max_codepoint=255), max_size=60)))
@settings(deadline=None)
def test_no_line_stops_the_others(lines: list[str]) -> None:
    """Whatever a file holds, the row behind it is read, and all rows are addresses of their family."""
    found, refused = read(*lines, "198.51.100.7,198.51.100.7,FR")

    assert found[-1] == ("198.51.100.7", "198.51.100.7", "FR") or any(
        ":" in first for first, _last, _code in found
    )
    assert sum(refused.values()) <= len(lines)
