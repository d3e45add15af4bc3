"""Each kind of source, read as a whole."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ideolab_f2b.geo.sources import source
from ideolab_f2b.geo.sources.source_error import CountrySourceError
from tests.geo import vendor_files
from tests.geo.vendor_files import DATED, ROWS, read_rows


def write_mmdb(place: Path) -> list[Path]:
    """Write one file as GeoLite2-Country.mmdb is."""
    writer = MMDBWriter(6, "GeoLite2-Country", ipv4_compatible=True)
    for networks, code in (
        (("198.51.100.0/27", "2001:db8:1::/48"), "FR"),
        (("198.51.100.32/27", "2001:db8:2::/48"), "US"),
        (("198.51.100.96/27", "2001:db8:4::/48"), "GB"),
    ):
        writer.insert_network(IPSet(networks), {"country": {"iso_code": code}})
    place.mkdir(exist_ok=True)
    writer.to_db_file(str(place / "country.mmdb"))
    return [place / "country.mmdb"]


@pytest.mark.parametrize(
    ("write", "kind", "is_dated"),
    [
        (vendor_files.write_tor, "tor", True),
        (vendor_files.write_csv, "csv", False),
        (vendor_files.write_numbers, "csv", False),
        (vendor_files.write_maxmind, "maxmind", False),
        (vendor_files.write_libloc, "libloc", False),
        (lambda place: vendor_files.write_libloc(place, "ipset"), "libloc", False),
        (lambda place: vendor_files.write_libloc(place, "nftables"), "libloc", False),
        (write_mmdb, "mmdb", True),
    ],
)
@pytest.mark.parametrize("by_directory", [False, True])
def test_all_kinds_say_the_same(
    write: Callable[[Path], list[Path]], kind: str, is_dated: bool, by_directory: bool, tmp_path: Path
) -> None:
    """By the files or by their directory; nothing is refused, and the kind is seen by the content."""
    paths = write(tmp_path / "files")
    found = source.read([tmp_path / "files"] if by_directory else paths)

    assert (found.kind, found.is_dated, found.refusals.by_reason) == (kind, is_dated, {})
    assert sorted(read_rows(found.rows)) == sorted(ROWS)


def test_the_date_is_that_of_the_data(tmp_path: Path) -> None:
    """Of the oldest file where they say it, else that of the files; a date to come is none."""
    dated = source.read(vendor_files.write_tor(tmp_path / "tor"))
    paths = vendor_files.write_numbers(tmp_path / "csv")
    os.utime(paths[0], (1_700_000_000, 1_700_000_000))
    undated = source.read(paths)

    assert (dated.dated, undated.dated) == (DATED, 1_700_000_000.0)


def test_a_directory_may_hold_other_files(tmp_path: Path) -> None:
    """A licence, a packed file and a pipe are passed over there."""
    vendor_files.write_csv(tmp_path)
    (tmp_path / "LICENSE.txt").write_text("Attribution 4.0 International\n")
    (tmp_path / "old.csv.gz").write_bytes(b"\x1f\x8b\x08\x00")
    os.mkfifo(tmp_path / "pipe")

    assert source.read([tmp_path]).paths == (tmp_path / "dbip.csv",)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1,2,??\n", "0 rows of countries; get the source anew"),
        (
            "1,2,FR\n9,8,FR\n\x1b,?\n",
            '1 rows of countries, 2 refused: 1 row: its end comes before its begin (first: "9,8,FR");'
            r' 1 row: not a row of two addresses and a country (first: "\x1b,?"); get the source anew',
        ),
    ],
)
def test_a_file_of_which_hardly_anything_is_taken(text: str, error: str, tmp_path: Path) -> None:
    """It is no source, or a broken one."""
    (tmp_path / "x").write_text(text)
    with pytest.raises(CountrySourceError) as caught:
        source.read([tmp_path / "x"])

    assert str(caught.value) == f"{tmp_path}/x: {error}"


def test_what_is_no_source_is_named(tmp_path: Path) -> None:
    """Missing, empty, of two sources, of another kind than asked for, or without what belongs to it."""
    tor, csv = vendor_files.write_tor(tmp_path / "tor"), vendor_files.write_csv(tmp_path / "csv")
    maxmind = vendor_files.write_maxmind(tmp_path / "maxmind")
    (tmp_path / "empty").mkdir()
    cases = {
        f"{tmp_path}/none: there is no such file; docs/geo.md says how to get one": ([tmp_path / "none"], ""),
        f"{tmp_path}/empty: no file in it is one of countries": ([tmp_path / "empty"], ""),
        f"{tor[0]} is tor and {csv[0]} is csv: name the files of one source": ([tor[0], csv[0]], ""),
        f"{tor[0]} is tor (text of tor-geoipdb (geoip, geoip6)), not mmdb": ([tor[0]], "mmdb"),
        f"{maxmind[0]}: its Locations file is missing; name both, or their directory": (maxmind[:2], ""),
        f"{maxmind[2]}: its Blocks file is missing; name both, or their directory": (maxmind[2:], ""),
    }
    for error, (paths, wanted) in cases.items():
        with pytest.raises(CountrySourceError) as caught:
            source.read(paths, wanted)
        assert str(caught.value) == error


@pytest.mark.parametrize("kind", ["tor", "csv", "maxmind", "libloc", "mmdb"])
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spoiled_file_is_refused_or_read_as_addresses(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever bytes are changed, cut or put in: an error, or rows in order within their family."""
    write = {
        "tor": vendor_files.write_tor, "csv": vendor_files.write_csv, "maxmind": vendor_files.write_maxmind,
        "libloc": vendor_files.write_libloc, "mmdb": write_mmdb,
    }[kind]  # fmt: skip
    paths = write(tmp_path_factory.mktemp(kind))
    spoiled = data.draw(st.sampled_from(paths))
    content = spoiled.read_bytes()
    at = data.draw(st.integers(0, len(content)))
    to = data.draw(st.integers(at, min(len(content), at + 40)))
    spoiled.write_bytes(content[:at] + data.draw(st.binary(max_size=40)) + content[to:])
    try:
        found = source.read(paths)
    except (ValueError, OSError):
        return

    for version, rows in found.rows.items():
        ends = [end for first, last, _code in rows for end in (first, last)]
        assert ends == sorted(ends)
        assert not ends or (ends[0] >= 0 and not ends[-1] >> (32 if version == 4 else 128))
        assert all(re.fullmatch("[A-Z][A-Z0-9]", code) for code in set(rows.codes))
