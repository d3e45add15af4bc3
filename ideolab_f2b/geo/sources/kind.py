"""Which kind of source a file is, seen by its content and never by its name."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import files, logline
from ideolab_f2b.geo.sources.source_error import CountrySourceError

TOR = "tor"
CSV = "csv"
MAXMIND = "maxmind"
LIBLOC = "libloc"
MMDB = "mmdb"
PLACES = "places"
#: {kind: what it is}
KINDS = {
    TOR: "text of tor-geoipdb (geoip, geoip6)",
    CSV: "CSV of DB-IP or ip-location-db: first address, last address, country",
    MAXMIND: "CSV of GeoLite2-Country: Blocks and Locations",
    LIBLOC: "what `location export` writes: list, ipset or nftables",
    MMDB: "MMDB with countries",
}
#: bytes that are looked at; the head of tor-geoipdb has 900
_HEAD = 64 * 1024
#: bytes at the end of an MMDB file that hold its mark
_TAIL = 128 * 1024
_MARK = b"\xab\xcd\xefMaxMind.com"
#: the first row decides
_ADDRESS = r"[0-9A-Fa-f:.]{1,45}"
_RANGE = re.compile(rf"{_ADDRESS},{_ADDRESS},[^,]{{0,4}}[ \r]{{0,2}}")
_LIBLOC = re.compile(
    rf"(?:create|flush|add|define) [A-Z][A-Z0-9]v[46]\b.*|{_ADDRESS}/[0-9]{{1,3}}[ \r]{{0,2}}"
)
_PACKED = {b"\x1f\x8b": "gunzip", b"PK\x03\x04": "unzip", b"\xfd7zXZ": "unxz", b"BZh": "bunzip2"}
_GENERATED = re.compile(r"^# Generated: (.{10,40})$", re.MULTILINE)


class CountryFile(NamedTuple):
    """One file of a source; `dated` is when its data was made (epoch seconds), None where it does not say."""

    path: Path
    kind: str
    dated: Optional[float] = None
    #: PLACES for a Locations file of MaxMind
    table: str = ""


def recognize(path: Path) -> CountryFile:
    """Return what a file is. CountrySourceError where it is no source; OSError where it cannot be read."""
    with files.open_where_it_leads(path) as file:
        head = file.read(_HEAD)
        file.seek(max(0, file.seek(0, 2) - _TAIL))
        is_mmdb = _MARK in file.read(_TAIL)
    if is_mmdb:
        return CountryFile(path, MMDB)
    for magic, program in _PACKED.items():
        if head.startswith(magic):
            raise CountrySourceError(f"{path} is packed: {program} it first")
    text = head.decode("latin-1")
    first = next((line for line in text.split("\n") if line.strip() and line[0] != "#"), "")
    kind = _read_kind(first, has_remarks=text.startswith("# "))
    if not kind or b"\0" in head:
        begin = logline.quote(text[:40]) if text else "nothing"
        raise CountrySourceError(
            f"{path} is no file of countries: it begins with {begin}; docs/geo.md has the sources"
        )
    return CountryFile(path, kind, _read_date(text), PLACES if first.startswith("geoname_id,") else "")


def _read_kind(first: str, *, has_remarks: bool) -> str:
    """Return the kind of a file by its first row that is no remark; "" for none."""
    if first.startswith(("network,geoname_id,", "geoname_id,locale_code,")):
        return MAXMIND
    if _RANGE.fullmatch(first):
        return TOR if has_remarks else CSV
    return LIBLOC if _LIBLOC.fullmatch(first) else ""


def _read_date(text: str) -> Optional[float]:
    found = _GENERATED.search(text)
    try:
        return parsedate_to_datetime(found[1]).timestamp() if found else None
    except (TypeError, ValueError, OverflowError):
        return None
