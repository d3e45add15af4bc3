"""The country of an address."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from ideolab_f2b.geo import country_table
from ideolab_f2b.geo.country_table import CountryTable, CountryTableError
from ideolab_f2b.geo.sources import source
from tests.geo import vendor_files
from tests.geo.test_choose import make_rows, rows_of


@pytest.fixture
def table(tmp_path: Path) -> CountryTable:
    """The table of the made-up files."""
    return country_table.make(source.read(vendor_files.write_tor(tmp_path)).rows)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("198.51.100.0", "FR"), ("198.51.100.31", "FR"), ("198.51.100.32", "US"), ("198.51.100.63", "US"),
        ("198.51.100.64", ""), ("198.51.100.95", ""), ("198.51.100.96", "GB"), ("198.51.100.128", ""),
        ("0.0.0.0", ""), ("255.255.255.255", ""), ("198.51.99.255", ""), ("::ffff:198.51.100.96", "GB"),
        ("2001:db8:1::7", "FR"), ("2001:db8:1:ffff::", "FR"), ("2001:db8:2::", "US"), ("2001:db8:3::", ""),
        ("2001:db8:4::", "GB"), ("2001:db8:5::", ""), ("::", ""), ("ffff::", ""),
    ],
)  # fmt: skip
def test_the_country_of_an_address(table: CountryTable, address: str, code: str) -> None:
    """First and last of each row, what lies between rows, and the ends of the numbers."""
    assert table.country_of(ip_address(address)) == code


def test_what_each_country_has(table: CountryTable) -> None:
    """Addresses of IPv4, networks /64 of IPv6."""
    assert table.count(4) == {"FR": 32, "GB": 32, "US": 32}
    assert table.count(6) == {"FR": 65536, "GB": 65536, "US": 65536}
    assert table.find_codes(4) == {"FR", "GB", "US"}


def test_each_address_of_made_up_rows() -> None:
    """All edges of 3,000 rows in each family."""
    rows = {version: make_rows(version, 3000, 7) for version in (4, 6)}
    made = country_table.make(rows)

    for version, each in rows.items():
        shift = 64 if version == 6 else 0
        for first, last, code in each:
            assert made.country_of(ip_address(first)) == code
            assert made.country_of(ip_address(last)) == code
        assert sum(made.count(version).values()) == sum(
            last - first + 1 >> shift for first, last, _code in each
        )


def test_a_64_of_several_countries() -> None:
    """It is of the country whose row begins first."""
    four = make_rows(4, 2, 1)
    six = rows_of(
        "2001:db8:: 2001:db8:0:2:7fff:ffff:ffff:ffff FR",
        "2001:db8:0:2:8000:: 2001:db8:0:2:8fff:ffff:ffff:ffff DE",
        "2001:db8:0:2:9000:: 2001:db8:0:4:ffff:ffff:ffff:ffff US",
    )
    made = country_table.make({4: four, 6: six})

    assert [made.country_of(ip_address(f"2001:db8:0:{n}:9000::")) for n in range(6)] == [
        "FR", "FR", "FR", "US", "US", "",
    ]  # fmt: skip


def test_the_file_holds_the_table(table: CountryTable, tmp_path: Path) -> None:
    """What is loaded is what was saved."""
    country_table.save(table, tmp_path / "geo" / "countries")

    assert country_table.load(tmp_path / "geo" / "countries") == table


def test_a_file_that_cannot_be_read_names_the_way_out(table: CountryTable, tmp_path: Path) -> None:
    """Missing, or cut."""
    path = tmp_path / "countries"
    with pytest.raises(CountryTableError) as missing:
        country_table.load(path)
    country_table.save(table, path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CountryTableError) as cut:
        country_table.load(path)

    assert str(missing.value) == f"there is no table of countries ({path}); sudo ideolab-f2b geo build"
    assert str(cut.value) == (
        f"{path} is cut or was changed: its checksum is wrong; sudo ideolab-f2b geo build makes it anew"
    )
