"""Text of tor-geoipdb, and CSV of DB-IP and ip-location-db: first address, last address, country."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from socket import AF_INET6, inet_pton

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources.addresses import LAST4, LAST6, read_address4
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.ranges.refused_rows import RefusedRows


def read_ranges(
    blocks: Iterable[list[str]], rows: Mapping[int, CountryRows], codes: Codes, refusals: RefusedRows
) -> None:
    """Add the rows of a file; what is none is counted. TooManyRowsError."""
    four, six = rows[4], rows[6]
    for lines in blocks:
        _read_block(lines, four, six, codes, refusals)
        four.require_few()
        six.require_few()


def _read_block(
    lines: list[str], four: CountryRows, six: CountryRows, codes: Codes, refusals: RefusedRows
) -> None:
    # each call that is saved here saves a tenth of a second
    first6, last6, code6 = six.firsts.append, six.lasts.append, six.codes.append
    first4, last4, code4 = four.firsts.append, four.lasts.append, four.codes.append
    from_bytes = int.from_bytes
    for line in lines:
        try:
            start, end, code = line.split(",")
            if not (country := codes[code]):
                continue
            if ":" in start:
                first = from_bytes(inet_pton(AF_INET6, start), "big")
                last = from_bytes(inet_pton(AF_INET6, end), "big")
            elif start.isdecimal() and end.isdecimal():
                first, last = int(start), int(end)
            else:
                first, last = read_address4(start), read_address4(end)
            if first > last:
                refusals.add("its end comes before its begin", line)
            elif last <= LAST4 and ":" not in start:
                first4(first)
                last4(last)
                code4(country)
            elif first > LAST4 and last <= LAST6:
                first6(first)
                last6(last)
                code6(country)
            else:
                refusals.add("not a row of two addresses and a country", line)
        except (OSError, ValueError):
            if line.strip() and line[0] != "#":
                refusals.add("not a row of two addresses and a country", line)
