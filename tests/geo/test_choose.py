"""From the rows of all countries to the prefixes of some."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.geo.choose import choose
from ideolab_f2b.geo.country_rows import CountryRows

#: made-up data in 198.18.0.0/15 and 2001:db8::/32
_BASE = {4: int(IPv4Address("198.18.0.0")), 6: int(IPv6Address("2001:db8::"))}
_SPAN = {4: 1 << 17, 6: 1 << 96}
_CODES = ("DE", "FR", "GB", "JP", "US")


def make_rows(version: int, count: int, seed: int) -> CountryRows:
    """Make up rows in order, with gaps here and there; those of IPv6 begin and end at a /64."""
    rng, rows = random.Random(seed), CountryRows(version)
    shift = 64 if version == 6 else 0
    cuts = sorted(rng.sample(range(_SPAN[version] >> shift), count + 1))
    for start, end in zip(cuts, cuts[1:]):
        if rng.random() < 0.9:
            rows.add(
                _BASE[version] + (start << shift), _BASE[version] + (end << shift) - 1, rng.choice(_CODES)
            )
    return rows


def test_two_thousand_inside_and_three_thousand_outside() -> None:
    """First and last ones of ranges, others of them, and those just beside: 100 % and 0 %, each family."""
    for version in (4, 6):
        rows, rng = make_rows(version, 4000, 15), random.Random(16)
        prefixes = choose(rows, ("FR", "GB"), "allow").prefixes
        chosen = [(first, last) for first, last, code in rows if code in ("FR", "GB")]
        others = [(first, last) for first, last, code in rows if code not in ("FR", "GB")]
        inside = [edge for first, last in rng.sample(chosen, 500) for edge in (first, last)]
        inside += [rng.randint(*rng.choice(chosen)) for _each in range(1000)]
        outside = [edge for first, last in rng.sample(others, 1000) for edge in (first, last)]
        outside += [rng.randint(*rng.choice(others)) for _each in range(1000)]

        assert (len(inside), sum(map(prefixes.has_address, inside))) == (2000, 2000)
        assert (len(outside), sum(map(prefixes.has_address, outside))) == (3000, 0)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from(_CODES)), max_size=12))
@settings(deadline=None)
def test_the_prefixes_hold_just_the_chosen_countries(parts: list[tuple[int, int, str]]) -> None:
    """Number by number."""
    rows, at, wanted = CountryRows(4), 0, set()
    for gap, size, code in parts:
        rows.add(at + gap, at + gap + size, code)
        wanted |= set(range(at + gap, at + gap + size + 1)) if code == "FR" else set()
        at += gap + size + 1
    found = {
        n
        for address, length in choose(rows, ["FR"], "deny").prefixes
        for n in range(address, address + (1 << 32 - length))
    }

    assert found == wanted


def rows_of(*texts: str) -> CountryRows:
    """Make rows of `first last CODE`."""
    rows = CountryRows(6)
    for text in texts:
        first, last, code = text.split()
        rows.add(int(ip_address(first)), int(ip_address(last)), code)
    return rows


def test_a_64_of_several_countries_is_let_in() -> None:
    """Whole on the list that allows, not at all on the list that denies; and counted."""
    rows = rows_of(
        "2001:db8:: 2001:db8:0:2:7fff:ffff:ffff:ffff FR",
        "2001:db8:0:2:8000:: 2001:db8:0:4:ffff:ffff:ffff:ffff US",
        "2001:db8:0:5::1 2001:db8:0:5::1 FR",
    )
    allow, deny = choose(rows, ["FR"], "allow"), choose(rows, ["FR"], "deny")

    assert [str(IPv6Network(prefix)) for prefix in allow.prefixes] == [
        "2001:db8::/63", "2001:db8:0:2::/64", "2001:db8:0:5::/64",
    ]  # fmt: skip
    assert [str(IPv6Network(prefix)) for prefix in deny.prefixes] == ["2001:db8::/63"]
    assert (allow.shared, deny.shared) == (2, 2)


def test_a_64_that_is_written_in_parts_is_whole() -> None:
    """Where all parts are of chosen countries, nothing is widened or left out."""
    rows = rows_of(
        "2001:db8:0:1:: 2001:db8:0:1:7fff:ffff:ffff:ffff FR",
        "2001:db8:0:1:8000:: 2001:db8:0:1:ffff:ffff:ffff:ffff GB",
    )

    for policy in ("allow", "deny"):
        found = choose(rows, ["FR", "GB"], policy)
        assert ([str(IPv6Network(prefix)) for prefix in found.prefixes], found.shared) == (
            ["2001:db8:0:1::/64"],
            0,
        )
