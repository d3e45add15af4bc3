"""mmdb: real files of the usual kinds, and files that are none."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any, Callable

import maxminddb
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ideolab_f2b.origin import mmdb
from ideolab_f2b.origin.mmdb import Mmdb
from ideolab_f2b.origin.origin import Origin
from ideolab_f2b.origin.results import LookupResults

A = ipaddress.ip_address("198.51.100.7")
ASN = {"autonomous_system_number": 64500, "autonomous_system_organization": "EXAMPLE\x1b"}
COUNTRY = {"country": {"iso_code": "FR", "names": {"en": "France"}}, "registered_country": {"iso_code": "US"}}
IPINFO = {"asn": "AS64500", "as_name": "EXAMPLE", "country_code": "FR", "country": "France"}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of one record for one network."""

    def one(record: Any, name: str = "a.mmdb", network: str = "198.51.100.0/24", version: int = 4) -> Path:
        writer = MMDBWriter(version, "Test", languages=["en"])
        writer.insert_network(IPSet([network]), record)
        path = tmp_path / name
        writer.to_db_file(str(path))
        return path

    return one


def look(*paths: Path, results: LookupResults | None = None, address: Any = A) -> Origin:
    files = Mmdb(paths, results or LookupResults())
    files.refresh()
    try:
        return files.get(address)
    finally:
        files.close()


@pytest.mark.parametrize(
    ("record", "origin"),
    [
        (ASN, Origin("198.51.100.7", "64500", "EXAMPLE", None, "198.51.100.0/24", "mmdb")),
        (COUNTRY, Origin("198.51.100.7", country="FR", source="mmdb")),
        ({"registered_country": {"iso_code": "US"}}, Origin("198.51.100.7", country="US", source="mmdb")),
        ({"country_code": "fr"}, Origin("198.51.100.7", country="FR", source="mmdb")),
        (IPINFO, Origin("198.51.100.7", "64500", "EXAMPLE", "FR", "198.51.100.0/24", "mmdb")),
        ({"name": "no AS", "country": 7, "asn": ""}, Origin("198.51.100.7")),
        ("text", Origin("198.51.100.7")),
    ],
)
def test_records(write: Write, record: Any, origin: Origin) -> None:
    """Of MaxMind, DB-IP, IPinfo and of nobody."""
    assert look(write(record)) == origin


def test_several_files_make_one_answer(write: Write) -> None:
    """AS of one, country of the other; what both know is the first one's."""
    files = [write(ASN, "asn.mmdb"), write({**COUNTRY, "asn": 64511}, "country.mmdb")]

    assert look(*files) == Origin("198.51.100.7", "64500", "EXAMPLE", "FR", "198.51.100.0/24", "mmdb")


def test_addresses_that_no_file_has(write: Write) -> None:
    """Other networks, and IPv6 in a file of IPv4."""
    path = write(ASN)

    for text in ("203.0.113.9", "2001:db8::1"):
        assert look(path, address=ipaddress.ip_address(text)) == Origin(text)


def test_ipv6(write: Write) -> None:
    """The announced network of the address."""
    path = write(ASN, network="2001:db8::/32", version=6)

    assert look(path, address=ipaddress.ip_address("2001:db8::7")).prefix == "2001:db8::/32"


def test_a_replaced_file_is_read_anew(write: Write, tmp_path: Path) -> None:
    """As geoipupdate does it, by a rename."""
    path = write({"asn": 64500})
    files = Mmdb([path], LookupResults())
    files.refresh()
    assert files.get(A).asn == "64500"

    os.replace(write({"asn": 64501}, "new.mmdb"), path)
    assert files.get(A).asn == "64500"
    files.refresh()
    assert files.get(A).asn == "64501"
    files.close()


def test_a_file_that_shrinks_in_place_does_no_harm(write: Write) -> None:
    """A mapped one would end the process with SIGBUS."""
    path = write({"asn": 64500})
    files = Mmdb([path], LookupResults())
    files.refresh()
    os.truncate(path, 0)

    assert files.get(A).asn == "64500"
    files.close()


@pytest.mark.parametrize(
    "content", [b"", b"no mmdb at all", os.urandom(5000), b"\xab\xcd\xefMaxMind.com\xe0"]
)
def test_a_wrong_file_is_said(tmp_path: Path, write: Write, content: bytes) -> None:
    """The other files are used."""
    wrong, results = tmp_path / "wrong.mmdb", LookupResults()
    wrong.write_bytes(content)

    assert look(wrong, write(ASN), results=results).asn == "64500"
    (complaint,) = results.complaints()
    assert complaint.startswith(f"{wrong}: not read as an MMDB file: ")


def test_a_wrong_file_is_read_once_and_again_when_it_changes(write: Write, tmp_path: Path) -> None:
    """It may be large; and it may be mended."""
    path, results = tmp_path / "a.mmdb", LookupResults()
    path.write_bytes(b"wrong")
    files = Mmdb([path], results)
    for _again in range(2):
        files.refresh()
        assert files.get(A) == Origin("198.51.100.7")
    write(ASN)
    files.refresh()

    assert files.get(A).asn == "64500"
    files.close()


@pytest.mark.parametrize("at", range(0, 100, 7))
def test_a_rotten_file_raises_nothing(write: Write, at: int) -> None:
    """Bytes of the tree and of the records, turned round."""
    path = write({**ASN, **COUNTRY})
    data = bytearray(path.read_bytes())
    end = data.rfind(b"\xab\xcd\xefMaxMind.com")
    for position in range(at * end // 100, min(end, at * end // 100 + 40)):
        data[position] ^= 0xFF
    path.write_bytes(data)

    assert look(path).address == "198.51.100.7"


def test_a_look_up_that_fails_is_counted_and_said(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pointers that lead nowhere show at the look-up."""
    results, path = LookupResults(), write(ASN)

    def broken(*_arguments: object) -> None:
        raise maxminddb.InvalidDatabaseError("pointer")

    monkeypatch.setattr(maxminddb.reader.Reader, "get_with_prefix_len", broken)
    assert look(path, results=results) == Origin("198.51.100.7")
    assert results.counts() == {("mmdb", "error"): 1}
    assert results.complaints() == [f"{path}: a look-up fails: InvalidDatabaseError"]


def test_a_missing_and_a_huge_file(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both by name."""
    results, path = LookupResults(), write(ASN)
    monkeypatch.setattr(mmdb, "MOST_BYTES", 10)
    look(tmp_path / "none.mmdb", path, results=results)

    assert [text.partition(": ")[0] for text in results.complaints()] == [f"{tmp_path}/none.mmdb", str(path)]
    assert "FileNotFoundError" in results.complaints()[0]
    assert "it has more than 10 bytes" in results.complaints()[1]


def test_without_maxminddb(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said with the way out; where no files are configured it is not missed."""
    path, results = write(ASN), LookupResults()
    monkeypatch.setitem(sys.modules, "maxminddb", None)

    assert look(path, results=results) == Origin("198.51.100.7")
    assert results.complaints() == [
        "MMDB files are configured, maxminddb is missing: apt-get install python3-maxminddb"
    ]
    assert not Mmdb([], results).is_used


def test_a_file_that_is_wrong_in_many_ways_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader's message may hold what is in the file."""
    path, results, numbers = tmp_path / "a.mmdb", LookupResults(), iter(range(100))

    def fail(_file: object) -> None:
        raise OSError(f"odd {next(numbers)}")

    monkeypatch.setattr(mmdb._File, "refresh", fail)
    files = Mmdb([path], results)
    for _again in range(60):
        files.refresh()

    assert results.complaints() == [f"{path}: not read as an MMDB file: OSError('odd 0')"]
