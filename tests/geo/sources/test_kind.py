"""What a file is, seen by its first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.geo.sources import kind
from ideolab_f2b.geo.sources.source_error import CountrySourceError


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"# a remark\n\n3325256704,3325256735,FR\n", "tor"),
        (b"3325256704,3325256735,FR\n", "csv"),
        (b"198.51.100.0,198.51.100.31,FR\r\n", "csv"),
        (b"2001:db8::,2001:db8::ffff,??\n", "csv"),
        (b"geoname_id,locale_code,continent_code\n", "maxmind"),
        (b"network,geoname_id,registered_country_geoname_id\n", "maxmind"),
        (b"198.51.100.0/24\n", "libloc"),
        (b"create FRv4 hash:net family inet\n", "libloc"),
        (b"define A1v6 = {\n", "libloc"),
        (b"anything \xab\xcd\xefMaxMind.com\xe0", "mmdb"),
    ],
)
def test_the_kinds(content: bytes, found: str, tmp_path: Path) -> None:
    """One for each vendor, whatever the file is called."""
    path = tmp_path / "file.txt"
    path.write_bytes(content)

    assert kind.recognize(path).kind == found


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "is no file of countries: it begins with nothing; docs/geo.md has the sources"),
        (
            b"\x7fELF\x02\x01",
            r'is no file of countries: it begins with "\x7fELF\x02\x01"; docs/geo.md has the sources',
        ),
        (
            b"198.51.100.0,198.51.100.31,FR\n\0\0",
            r'is no file of countries: it begins with "198.51.100.0,198.51.100.31,FR\x0a\x00\x00";'
            " docs/geo.md has the sources",
        ),
        (
            b"AS64500,198.51.100.0/24\n",
            r'is no file of countries: it begins with "AS64500,198.51.100.0/24\x0a";'
            " docs/geo.md has the sources",
        ),
        (b"\x1f\x8b\x08\x00", "is packed by gzip: unpack it with gunzip -k"),
        (b"PK\x03\x04", "is a zip archive: unpack it with unzip"),
        (b"x" * 70_000, f'is no file of countries: it begins with "{"x" * 40}"; docs/geo.md has the sources'),
    ],
)
def test_what_is_none(content: bytes, error: str, tmp_path: Path) -> None:
    """A binary, a packed file, another table: said with how it begins, which may be hostile."""
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(CountrySourceError) as caught:
        kind.recognize(path)

    assert str(caught.value) == f"{path} {error}"


@pytest.mark.parametrize(
    "date", ["yesterday", "Thu, 99 Jun 2026 04:33:59 GMT", "Thu, 25 Jun 99999 04:33:59 GMT"]
)
def test_a_date_that_is_none(date: str, tmp_path: Path) -> None:
    """The file is read all the same."""
    path = tmp_path / "geoip"
    path.write_text(f"# Generated: {date}\n1,2,FR\n")

    assert kind.recognize(path) == (path, "tor", None, "")
