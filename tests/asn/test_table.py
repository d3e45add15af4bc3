"""The table of AS numbers, read."""

from __future__ import annotations

import sqlite3
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.asn import table_file
from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.table import AsnRow, AsnTable, AsnTableError
from tests.asn import tables

EXAMPLE = (
    64500,
    "EXAMPLE",
    ["198.51.100.0/25", "198.51.100.128/25", "203.0.113.0/24", "2001:db8::/33", "2001:db8:8000::/33"],
)
OTHER = (64501, "OTHER", ["198.51.100.64/26", "192.0.2.0/24", "2001:db8:1::/48"])


@pytest.fixture
def table(tmp_path: Path) -> AsnTable:
    """A table of two ASes, one with networks inside of the other's."""
    return AsnTable(tables.build(tmp_path / "asn.sqlite3", [EXAMPLE, OTHER]))


def test_networks_of_an_as_are_merged(table: AsnTable) -> None:
    """Two halves are one network; IPv4 comes first."""
    assert table.prefixes(64500) == [
        ip_network("198.51.100.0/24"),
        ip_network("203.0.113.0/24"),
        ip_network("2001:db8::/32"),
    ]
    assert table.prefixes(64511) == []


def test_addresses_are_counted(table: AsnTable) -> None:
    """IPv4 in addresses, IPv6 in /64."""
    assert table.count_addresses(64500) == (512, 1 << 32)
    assert table.count_addresses(64501) == (64 + 256, 1 << 16)
    assert table.count_addresses(64511) == (0, 0)


@pytest.mark.parametrize(
    ("wanted", "row"),
    [
        (IPv4Address("198.51.100.7"), (64500, "EXAMPLE", IPv4Network("198.51.100.0/25"))),
        (IPv4Address("198.51.100.70"), (64501, "OTHER", IPv4Network("198.51.100.64/26"))),
        (IPv4Address("198.51.100.130"), (64500, "EXAMPLE", IPv4Network("198.51.100.128/25"))),
        (IPv4Network("198.51.100.64/27"), (64501, "OTHER", IPv4Network("198.51.100.64/26"))),
        (IPv4Network("198.51.100.0/25"), (64500, "EXAMPLE", IPv4Network("198.51.100.0/25"))),
        (IPv6Address("2001:db8:1::1"), (64501, "OTHER", IPv6Network("2001:db8:1::/48"))),
        (IPv6Address("2001:db8:2::1"), (64500, "EXAMPLE", IPv6Network("2001:db8::/33"))),
        (IPv4Network("198.51.100.0/24"), None),
        (IPv4Address("198.51.99.255"), None),
        (IPv4Address("198.51.101.0"), None),
        (IPv6Address("::1"), None),
        (IPv6Address("2001:db9::"), None),
    ],
)
def test_the_smallest_range_has_an_address(
    table: AsnTable, wanted: IPv4Network, row: tuple[int, str, IPv4Network] | None
) -> None:
    """A range inside of another's wins; what no range holds as a whole has no AS."""
    assert table.find(wanted) == (None if row is None else AsnRow(*row))


def test_the_table_says_where_it_is_from(table: AsnTable) -> None:
    """Source, date of the data, date of the build."""
    assert (table.source, table.dated, table.built) == ("a test", tables.DATED, tables.BUILT)


def test_a_missing_table_names_the_way_out(tmp_path: Path) -> None:
    """The error has the path and the verb."""
    path = tmp_path / "asn.sqlite3"
    with pytest.raises(AsnTableError) as caught:
        AsnTable(path)
    assert str(caught.value) == (
        f"{path} is missing: there is no table of AS numbers; ideolab-f2b asn build makes it (docs/asn.md)"
    )


def test_who_is_not_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told to build anew what only root can read."""

    def deny(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", deny)
    with pytest.raises(AsnTableError, match=r"^/root/table cannot be read \(Permission denied\)$"):
        AsnTable(Path("/root/table"))


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    """Text, and a database of something else."""
    path = tmp_path / "asn.sqlite3"
    path.write_text("AS64500 " * 100)
    with pytest.raises(AsnTableError, match="is broken \\(file is not a database\\): ideolab-f2b asn build"):
        AsnTable(path)
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE other (one)")
    database.close()
    with pytest.raises(AsnTableError, match="is no table of this version: ideolab-f2b asn build"):
        AsnTable(path)


def test_a_table_that_breaks_later_is_an_error(tmp_path: Path) -> None:
    """A look-up in a cut file raises AsnTableError and nothing else."""
    path = tables.build(
        tmp_path / "asn.sqlite3", [(64500, "EXAMPLE", [f"10.{n}.0.0/16" for n in range(255)])]
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AsnTableError, match="is broken"):
        AsnTable(path).prefixes(64500)


def test_a_file_that_is_built_anew_takes_its_place_at_once(tmp_path: Path) -> None:
    """Who has the old one open goes on with it; nothing is left beside it."""
    path = tables.build(tmp_path / "asn.sqlite3", [EXAMPLE])
    with AsnTable(path) as old:
        tables.build(path, [OTHER])
        assert len(old.prefixes(64500)) == 3
    with AsnTable(path) as new:
        assert (new.prefixes(64500), len(new.prefixes(64501))) == ([], 3)
    assert [one.name for one in tmp_path.iterdir()] == ["asn.sqlite3"]


@settings(max_examples=60, deadline=None)
@given(
    ranges=st.lists(
        st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(64496, 64511)),
        min_size=1,
        max_size=25,
    ),
    asked=st.integers(0, 255),
)
def test_overlapping_ranges(
    tmp_path_factory: pytest.TempPathFactory, ranges: list[tuple[int, int, int]], asked: int
) -> None:
    """The range that begins last has the address; of several that begin there, the smallest."""
    base = int(IPv4Address("198.51.100.0"))
    rows = {(min(a, b), max(a, b), number) for a, b, number in ranges}
    path = tmp_path_factory.getbasetemp() / "overlap.sqlite3"
    told: table_file.Facts = {"source": "a test", "dated": 0.0, "built": 0.0}
    table_file.write(
        path, [RangeRow(4, base + a, base + b, number, "") for a, b, number in rows], lambda _counts: told
    )
    holding = [row for row in rows if row[0] <= asked <= row[1]]
    with AsnTable(path) as table:
        found = table.find(IPv4Address(base + asked))
        announced = [
            address
            for number in {row[2] for row in rows}
            for prefix in table.prefixes(number)
            for address in prefix
        ]
    if not holding:
        assert found is None
        return
    first, last, _number = max(holding, key=lambda row: (row[0], -row[1]))
    assert found is not None
    assert (first, last, found.number) in rows
    assert IPv4Address(base + asked) in found.prefix
    assert base + first <= int(found.prefix[0]) <= int(found.prefix[-1]) <= base + last
    assert len(announced) == len({(base + at, row[2]) for row in rows for at in range(row[0], row[1] + 1)})
