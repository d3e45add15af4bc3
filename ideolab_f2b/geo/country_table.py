"""The country of each address, by bisection, and the file that keeps the table."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Union

from ideolab_f2b.geo import saved_file
from ideolab_f2b.geo.country_rows import CountryRows

#: beside the list, of the same source
DEFAULT_PATH = Path("/var/lib/ideolab-f2b/geo/countries")
_MAGIC = b"ideolab-country-table-1\n"
#: bits of an IPv6 address that the table leaves out: a /64 has one country
_HOST_BITS = 64


class CountryTableError(ValueError):
    """There is no table, or it cannot be read; the text names `ideolab-f2b geo build`."""


@dataclass(frozen=True)
class CountryColumn:
    """Where a new country begins, in order, and the number of its code; 0 is no country."""

    starts: array[int]
    numbers: array[int]


@dataclass(frozen=True)
class CountryTable:
    """`codes` has "" at 0; `families` has the columns of 4 and 6."""

    codes: tuple[str, ...]
    families: dict[int, CountryColumn]

    def country_of(self, address: Union[IPv4Address, IPv6Address]) -> str:
        """Return the code of an address, an IPv4-mapped one as IPv4; "" where the source knows none."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        one = mapped or address
        column = self.families[one.version]
        at = bisect_right(column.starts, int(one) >> (_HOST_BITS if one.version == 6 else 0)) - 1
        return self.codes[column.numbers[at]] if at >= 0 else ""

    def find_codes(self, version: int) -> set[str]:
        """Return the codes that have an address of a family."""
        return {self.codes[number] for number in set(self.families[version].numbers)} - {""}

    def count(self, version: int) -> dict[str, int]:
        """Return {code: its addresses of IPv4, or /64s of IPv6}."""
        column = self.families[version]
        totals = [0] * len(self.codes)
        ends = [*column.starts[1:], 1 << (32 if version == 4 else _HOST_BITS)]
        for start, end, number in zip(column.starts, ends, column.numbers):
            totals[number] += end - start
        return {code: total for code, total in zip(self.codes, totals) if code}


def make(families: dict[int, CountryRows]) -> CountryTable:
    """Make the table of settled rows; a /64 of several countries is of that whose row begins first."""
    codes = sorted({code for rows in families.values() for code in set(rows.codes)})
    numbers = {code: number for number, code in enumerate(codes, 1)}
    return CountryTable(("", *codes), {version: _make(rows, numbers) for version, rows in families.items()})


def _make(rows: CountryRows, numbers: dict[str, int]) -> CountryColumn:
    starts, found = array("Q" if rows.version == 6 else "I"), array("H")
    add_start, add_number = starts.append, found.append
    shift, at, before = _HOST_BITS if rows.version == 6 else 0, 0, ""
    for first, last, code in rows:
        start, end = first >> shift, last >> shift
        if start < at:
            # the rest of a /64 that another row has begun
            if end < at:
                continue
            start = at
        elif start > at:
            add_start(at)
            add_number(0)
            before = ""
        if code != before:
            add_start(start)
            add_number(numbers[code])
            before = code
        at = end + 1
    if at < 1 << (_HOST_BITS if shift else 32):
        add_start(at)
        add_number(0)
    return CountryColumn(starts, found)


def save(table: CountryTable, path: Path = DEFAULT_PATH) -> None:
    """Put the table at `path` in one step. OSError names `path`."""
    four, six = table.families[4], table.families[6]
    columns = [four.starts, four.numbers, six.starts, six.numbers]
    saved_file.write(path, _MAGIC, {"codes": table.codes}, columns)


def load(path: Path = DEFAULT_PATH) -> CountryTable:
    """Read the table. CountryTableError says what to type where it is missing or cannot be read."""
    try:
        header, (four, four_numbers, six, six_numbers) = saved_file.read(path, _MAGIC)
        codes = tuple(map(str, header["codes"]))
        table = CountryTable(
            codes, {4: CountryColumn(four, four_numbers), 6: CountryColumn(six, six_numbers)}
        )
        for column in table.families.values():
            if len(column.starts) != len(column.numbers) or max(column.numbers, default=0) >= len(codes):
                raise ValueError(f"{path}: its columns do not fit")
    except FileNotFoundError as error:
        raise CountryTableError(
            f"there is no table of countries ({path}); sudo ideolab-f2b geo build"
        ) from error
    except PermissionError as error:
        raise CountryTableError(str(error)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CountryTableError(f"{error}; sudo ideolab-f2b geo build makes it anew") from error
    return table
