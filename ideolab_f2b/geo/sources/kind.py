"""Which kind of source a file is, seen by its content and never by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import files, logline
from ideolab_f2b.geo.sources.source_error import CountrySourceError
from ideolab_f2b.ranges import mmdb, vendor_file

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
#: the first row decides
_ADDRESS = r"[0-9A-Fa-f:.]{1,45}"
_RANGE = re.compile(rf"{_ADDRESS},{_ADDRESS},[^,]{{0,4}}[ \r]{{0,2}}")
_LIBLOC = re.compile(
    rf"(?:create|flush|add|define) [A-Z][A-Z0-9]v[46]\b.*|{_ADDRESS}/[0-9]{{1,3}}[ \r]{{0,2}}"
)
_PACKED = {b"\x1f\x8b": "gunzip", b"PK\x03\x04": "unzip", b"\xfd7zXZ": "unxz", b"BZh": "bunzip2"}


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
        file.seek(max(0, file.seek(0, 2) - mmdb.DESCRIPTION_BYTES))
        is_mmdb = mmdb.MARK in file.read(mmdb.DESCRIPTION_BYTES)
    if is_mmdb:
        return CountryFile(path, MMDB)
    packing = vendor_file.find_packing(head)
    if packing:
        raise CountrySourceError(f"{path} is {packing}")
    text = head.decode("latin-1")
    first = next((line for line in text.split("\n") if line.strip() and line[0] != "#"), "")
    kind = _read_kind(first, has_remarks=text.startswith("# "))
    if not kind or b"\0" in head:
        begin = logline.quote(text[:40]) if text else "nothing"
        raise CountrySourceError(
            f"{path} is no file of countries: it begins with {begin}; docs/geo.md has the sources"
        )
    table = PLACES if first.startswith("geoname_id,") else ""
    return CountryFile(path, kind, vendor_file.find_date(head), table)


def _read_kind(first: str, *, has_remarks: bool) -> str:
    """Return the kind of a file by its first row that is no remark; "" for none."""
    if first.startswith(("network,geoname_id,", "geoname_id,locale_code,")):
        return MAXMIND
    if _RANGE.fullmatch(first):
        return TOR if has_remarks else CSV
    return LIBLOC if _LIBLOC.fullmatch(first) else ""
