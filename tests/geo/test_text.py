"""The list in words."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ideolab_f2b.config import GeoSettings
from ideolab_f2b.geo import build, text
from tests.geo import vendor_files

DAY = 86400.0
NOW = 1795989110.0


def test_a_list_with_all_that_was_noted(tmp_path: Path) -> None:
    """The countries by name, UK beside GB, what is no country, how old it is, and what was not taken."""
    path = tmp_path / "x.csv"
    path.write_text(
        "198.51.100.0,198.51.100.63,GB\n198.51.100.8,198.51.100.15,US\n198.51.100.9,198.51.100.1,US\n"
        "2001:db8::,2001:db8:0:1:7fff:ffff:ffff:ffff,EU\n"
    )
    built = build.build(GeoSettings("deny", ("GB", "EU")), [path], "", NOW)
    built = dataclasses.replace(built, new=dataclasses.replace(built.new, dated=NOW - 40 * DAY))

    assert list(text.describe_build(built, NOW)) == [
        ("policy", "deny EU (somewhere in Europe, not the countries of the Union), GB (United Kingdom, UK)"),
        ("note", "EU is no country: somewhere in Europe, not the countries of the Union"),
        ("source", f"csv: {path}"),
        ("dated", "2026-10-20 (40 days ago)"),
        ("built", "2026-11-29 (today)"),
        ("IPv4", "3 prefixes, 56 addresses (0.0% of all)"),
        ("IPv6", "1 prefixes, 1 networks /64"),
        ("note", "the files do not say when their data was made: their own time is taken for it"),
        ("note", "networks /64 of several countries: 1 (not on the list, so all of each is let in)"),
        ("note", "rows inside another country's: 1 (the narrower row counts)"),
        ("refused", '1 row: its end comes before its begin (first: "198.51.100.9,198.51.100.1,US")'),
    ]


def test_the_fields_of_json(tmp_path: Path) -> None:
    """The same, without words."""
    built = build.build(GeoSettings("allow", ("FR", "GB")), vendor_files.write_tor(tmp_path), "", NOW)

    assert text.to_build_fields(built) == {
        "policy": "allow",
        "countries": ("FR", "GB"),
        "source": f"tor: {tmp_path}/geoip, {tmp_path}/geoip6",
        "dated": 1782362039,
        "built": 1795989110,
        "prefixes4": 2,
        "prefixes6": 2,
        "addresses4": 64,
        "networks6": 131072,
        "shared_networks6": 0,
        "nested": 0,
        "refused": {},
    }


@pytest.mark.parametrize(
    ("age", "words"),
    [(-5.0, "today"), (0.9 * DAY, "today"), (1.5 * DAY, "1 day ago"), (2000 * DAY, "2,000 days ago")],
)
def test_ages(age: float, words: str) -> None:
    """In whole days; a clock that was wrong is no reason for a sign."""
    assert text.describe_age(NOW - age, NOW) == words
