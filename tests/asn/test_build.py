"""A table from files; an old one stays where a file is no good."""

from __future__ import annotations

import io
import os
import sqlite3
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ideolab_f2b.asn import build as builder
from ideolab_f2b.asn import table_file
from ideolab_f2b.asn.build import build, read_stamp
from ideolab_f2b.asn.sources.source_file import SourceFile
from ideolab_f2b.asn.table import AsnTable, AsnTableError
from tests.asn.sources.test_csv_rows import DBIP, GEOLITE, IPTOASN
from tests.asn.sources.test_objects import LIBLOC, RADB

#: 2026-11-30
NOW = 1796000000.0
WHOLE = [ip_network("198.51.100.0/24")]


def write(path: Path, text: str, when: float = NOW - 86400) -> SourceFile:
    """A file of a day ago."""
    path.write_text(text)
    os.utime(path, (when, when))
    return SourceFile(path)


@pytest.mark.parametrize("text", [GEOLITE, DBIP, IPTOASN])
def test_a_table_from_csv(tmp_path: Path, text: str) -> None:
    """Counts, facts, networks; nothing else is left."""
    path = tmp_path / "state" / "asn.sqlite3"
    file = write(tmp_path / "asn.csv", text)
    done = build([file], path, now=NOW)

    assert (done.counts, done.dated, file.kind) == ((1, 1, 2), NOW - 86400, "csv")
    with AsnTable(path) as table:
        assert (table.source, table.dated, table.built) == (f"csv {file.path}", NOW - 86400, NOW)
        assert (table.ranges, table.systems) == (2, 2)
        assert table.prefixes(64500) == WHOLE
        assert table.prefixes(64501) == [ip_network("2001:db8::/32")]
        assert table.name(64500) == "Example, Inc."
    assert [one.name for one in path.parent.iterdir()] == ["asn.sqlite3"]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o644, 0o700)


def test_a_table_from_libloc(tmp_path: Path) -> None:
    """Its date is in the text; more specific networks of another AS are found, and the parent is not lost."""
    path = tmp_path / "asn.sqlite3"
    done = build([write(tmp_path / "x", LIBLOC)], path, now=NOW)

    assert done.dated == 1667023194
    with AsnTable(path) as table:
        found = [table.find(ip_address(word)) for word in ("198.51.100.7", "198.51.100.200", "203.0.113.7")]
        assert [one and (one.number, str(one.prefix)) for one in found] == [
            (64500, "198.51.100.0/24"),
            (64501, "198.51.100.128/25"),
            None,
        ]
        assert table.prefixes(64500) == [*WHOLE, ip_network("2001:db8::/32")]


def test_a_table_from_an_mmdb_file(tmp_path: Path) -> None:
    """MaxMind's names and IPinfo's; private networks are refused, and networks without an AS left out."""
    writer = MMDBWriter(6, "Test-ASN", ipv4_compatible=True)
    records: dict[str, dict[str, str | int]] = {
        "198.51.100.0/24": {"autonomous_system_number": 64500, "autonomous_system_organization": "A\x07"},
        "2001:db8::/32": {"asn": "AS64501", "name": "B"},
        "10.0.0.0/8": {"asn": "AS64501", "name": "B"},
        "203.0.113.0/24": {"asn": "none"},
        "192.0.2.0/24": {"country": "FR"},
    }
    for word, record in records.items():
        writer.insert_network(IPSet([word]), dict(record))
    source = tmp_path / "asn.mmdb"
    writer.to_db_file(str(source))
    file = SourceFile(source)
    done = build([file], tmp_path / "asn.sqlite3")

    assert (done.counts, file.kind) == ((1, 1, 2), "mmdb")
    assert abs(done.dated - source.stat().st_mtime) < 60
    assert file.refusals.by_reason == {"private or reserved addresses": 1, "no AS number": 1}
    assert file.refusals.unannounced == 2
    with AsnTable(tmp_path / "asn.sqlite3") as table:
        assert (table.name(64500), table.name(64501)) == ("A", "B")


def test_several_files_make_one_table(tmp_path: Path) -> None:
    """A list has its AS in the name of the file; the oldest date is that of the table; a name fills a gap."""
    files = [
        write(tmp_path / "AS64502v4.networks", "203.0.113.0/24\n", NOW - 5 * 86400),
        write(tmp_path / "asn.csv", GEOLITE),
        write(tmp_path / "radb", RADB),
    ]
    done = build(files, tmp_path / "asn.sqlite3", now=NOW)

    assert ([file.kind for file in files], done.dated) == (["list", "csv", "radb"], NOW - 5 * 86400)
    with AsnTable(tmp_path / "asn.sqlite3") as table:
        assert table.prefixes(64502) == [ip_network("203.0.113.0/24")]
        assert table.prefixes(64500) == [*WHOLE, ip_network("2001:db8::/32")]
        assert [table.name(number) for number in (64500, 64502)] == ["Example, Inc.", ""]


def test_standard_input(tmp_path: Path) -> None:
    """The answer of a route server; its AS is given."""
    file = SourceFile(Path("-"), number=64500)
    build([file], tmp_path / "a", standard_input=io.BytesIO(b"A16\n198.51.100.0/24\nC\n"), now=NOW)

    with AsnTable(tmp_path / "a") as table:
        assert (table.prefixes(64500), table.source, table.dated) == (WHOLE, "list standard input", NOW)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty: get it anew"),
        ("\x1f\x8b", "packed by gzip"),
        (
            "10.0.0.0/8,64500,A\n",
            "of kind csv, with 0 networks of an AS, 1 refused: 1 row: private",
        ),
        (
            "198.51.100.0/24,64500,A\n198.51.100.7/24,64500,A\nx/24,64500,A\n",
            'of kind csv, with 1 networks of an AS, 2 refused: 1 row: bits of the host are set (first: "',
        ),
        ("198.51.100.0/24\n", "it has networks without the number of their AS: give it with --as AS64500"),
    ],
)
def test_a_file_that_is_no_good_leaves_the_old_table(tmp_path: Path, text: str, message: str) -> None:
    """The error names the file, what is wrong, and what stays in force."""
    path = tmp_path / "asn.sqlite3"
    build([write(tmp_path / "good.csv", GEOLITE, NOW - 10 * 86400)], path, now=NOW)
    bad = tmp_path / "bad"
    bad.write_bytes(text.encode("latin-1"))

    with pytest.raises(AsnTableError) as caught:
        build([SourceFile(bad)], path, now=NOW)
    assert str(caught.value).startswith(f'"{bad}": {message}')
    assert str(caught.value).endswith("; the table of 2026-11-20 stays in force")
    with AsnTable(path) as table:
        assert table.prefixes(64500) == WHOLE
    assert sorted(one.name for one in tmp_path.iterdir()) == ["asn.sqlite3", "bad", "good.csv"]


def test_a_pipe_or_a_missing_file_names_the_way_out(tmp_path: Path) -> None:
    """Neither is waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(
        AsnTableError, match="a pipe is taken as standard input, with --file -; there is no table"
    ):
        build([SourceFile(tmp_path / "pipe")], tmp_path / "a")
    with pytest.raises(AsnTableError, match=r"none is not there: docs/asn.md says where to get such a file"):
        build([SourceFile(tmp_path / "none")], tmp_path / "a")
    with pytest.raises(AsnTableError, match="an MMDB file is taken by its path only"):
        content = io.BytesIO(b"\xab\xcd\xefMaxMind.com\xe0")
        build([SourceFile(Path("-"))], tmp_path / "a", standard_input=content)


def test_a_table_that_shrinks_needs_force(tmp_path: Path) -> None:
    """A file that was cut has good rows too."""
    path = tmp_path / "asn.sqlite3"
    rows = [f"198.51.{number}.0/24,{64496 + number},A\n" for number in range(10)]
    build([write(tmp_path / "a.csv", "".join(rows))], path, now=NOW)
    cut = write(tmp_path / "b.csv", "".join(rows[:4]))

    with pytest.raises(
        AsnTableError, match=r"the new table has 4 ranges, the old one 10: .* --force takes them"
    ):
        build([cut], path, now=NOW)
    assert build([SourceFile(cut.path)], path, is_forced=True, now=NOW).counts == (4, 0, 4)


def test_a_disk_that_is_full_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sqlite's error is ours, and nothing is left beside the table."""
    path, file = tmp_path / "asn.sqlite3", write(tmp_path / "a.csv", GEOLITE)
    build([file], path, now=NOW)

    def fail(*_given: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(table_file, "_fill", fail)
    with pytest.raises(AsnTableError, match=r"cannot be written \(database or disk is full\); the table of"):
        build([SourceFile(file.path)], path, now=NOW)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "asn.sqlite3"]


def test_ranges_that_overlap_without_end_are_no_table(tmp_path: Path) -> None:
    """A look-up goes from a range to those around it."""
    rows = [f"198.51.100.{n},198.51.{100 + n}.255,{64496 + n % 8},A\n" for n in range(150)]
    with pytest.raises(AsnTableError, match="more than 129 ranges overlap each other"):
        build([write(tmp_path / "a.csv", "".join(rows))], tmp_path / "a", now=NOW)


def test_too_many_rows_end_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory is bounded whatever a file has."""
    monkeypatch.setattr(builder, "MOST_ROWS", 1)
    with pytest.raises(AsnTableError, match="more than 1 networks, which no vendor has"):
        build([write(tmp_path / "a.csv", GEOLITE)], tmp_path / "a")


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    """Another build that runs now keeps its file."""
    path = tmp_path / "asn.sqlite3"
    old, young = tmp_path / ".asn.sqlite3.old.tmp", tmp_path / ".asn.sqlite3.young.tmp"
    old.write_text("")
    os.utime(old, (NOW - 10**8, NOW - 10**8))
    young.write_text("")
    build([write(tmp_path / "a.csv", GEOLITE)], path, now=NOW)
    assert (old.exists(), young.exists()) == (False, True)


def test_the_stamp_changes_with_the_files(tmp_path: Path) -> None:
    """Content, kind, number; what cannot be compared has none."""
    file = write(tmp_path / "a.csv", GEOLITE)
    stamp = read_stamp([file])
    assert stamp == read_stamp([SourceFile(file.path)]) != ""
    assert read_stamp([SourceFile(file.path, "csv")]) != stamp
    write(file.path, GEOLITE, NOW)
    assert read_stamp([file]) != stamp
    assert read_stamp([SourceFile(Path("-"))]) == read_stamp([SourceFile(tmp_path / "none")]) == ""
