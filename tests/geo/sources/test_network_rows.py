"""Networks of `location export`, whose country is the name of the set or of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources import network_rows
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.geo.sources.source_error import CountrySourceError
from ideolab_f2b.ranges.refused_rows import RefusedRows
from tests.geo.vendor_files import read_rows


def read(name: str, *lines: str) -> tuple[list[tuple[str, str, str]], dict[str, int]]:
    """Return the rows of a file of this name, and what was refused."""
    rows, refusals = {4: CountryRows(4), 6: CountryRows(6)}, RefusedRows()
    network_rows.read_networks(Path(name), [list(lines)], rows, Codes(), refusals)
    return read_rows(rows), refusals.by_reason


def test_several_sets_in_one_file() -> None:
    """The last name counts, whatever the file is called."""
    assert read(
        "all.ipset",
        "create FRv4 hash:net family inet", "flush FRv4", "add FRv4 198.51.100.0/27",
        "create UKv6 hash:net family inet6", "add UKv6 2001:db8::/48",
    ) == (
        [
            ("198.51.100.0", "198.51.100.31", "FR"),
            ("2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "GB"),
        ],
        {},
    )  # fmt: skip


def test_what_is_no_network_is_refused() -> None:
    """Bits of the host, a length that is none, and all addresses at once."""
    found, refused = read(
        "FRv4.networks",
        "198.51.100.7/24", "198.51.100.0/33", "198.51.100.0/-1", "198.51.100.0/24/8",
        "network", "198.51.100.0/2 4", "198.51.100.8", "0.0.0.0/0",
    )  # fmt: skip

    assert found == [("198.51.100.8", "198.51.100.8", "FR"), ("0.0.0.0", "255.255.255.255", "FR")]
    assert refused == {"bits of the host are set": 1, "not a prefix length": 3, "not a network": 2}


@pytest.mark.parametrize(
    "lines", [["198.51.100.0/24"], ["create AS64500v4 hash:net", "add AS64500v4 198.51.100.0/24"]]
)
def test_networks_of_no_country_are_no_source(lines: list[str]) -> None:
    """The list of an AS, or one that was renamed."""
    with pytest.raises(CountrySourceError) as caught:
        read("list.txt", *lines)

    assert str(caught.value) == (
        "list.txt: whose networks these are is not said; name it as `location export` does: FRv4.networks"
    )
