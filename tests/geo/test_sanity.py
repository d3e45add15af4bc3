"""A list that looks wrong does not take the place of one that is right."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Optional

import pytest

from ideolab_f2b.geo import sanity
from ideolab_f2b.geo.country_list import CountryList, Prefixes

BOTH = {4: {"FR", "GB"}, 6: {"FR", "GB"}}


def make_list(four: Iterable[int] = (24,), six: Iterable[int] = (48,), policy: str = "allow") -> CountryList:
    """Make a list of prefixes of these lengths, one behind the other."""
    return CountryList(policy, ("FR", "GB"), "x", 0.0, 0.0, {4: _make(4, four), 6: _make(6, six)})


def _make(version: int, lengths: Iterable[int]) -> Prefixes:
    at, bits, prefixes = (
        int(IPv4Address("198.18.0.0") if version == 4 else IPv6Address("2001:db8::")),
        32 if version == 4 else 128,
        [],
    )
    for length in lengths:
        at = 0 if length < 8 else at
        prefixes.append((at, length))
        at += 1 << bits - length
    return Prefixes.make(version, prefixes)


@pytest.mark.parametrize(
    ("new", "present", "known", "faults"),
    [
        (make_list(), None, BOTH, []),
        (make_list(), make_list(), BOTH, []),
        # 240 of 256 addresses, and 192
        (make_list([25, 26, 27, 28]), make_list([24]), BOTH, []),
        (
            make_list([25, 26]), make_list([24]), BOTH,
            ["it has 75% of the IPv4 addresses that the present list has"],
        ),
        (
            make_list([25, 27]), make_list([24, 25]), BOTH,
            ["it has 42% of the IPv4 addresses that the present list has"],
        ),
        (
            make_list(six=[50]), make_list(), BOTH,
            ["it has 25% of the IPv6 addresses that the present list has"],
        ),
        # another policy is another list
        (make_list([27]), make_list([24], policy="deny"), BOTH, []),
        (make_list([]), None, BOTH, ["it has no IPv4 address: nobody would get in by IPv4"]),
        (
            make_list(six=[], policy="deny"), None, BOTH,
            ["it has no IPv6 address: nobody would be refused by IPv6"],
        ),
        (make_list(), None, {4: {"FR", "GB"}, 6: {"FR"}}, []),
        (make_list(), None, {4: {"FR"}, 6: {"FR"}}, ["the source has no address of GB (United Kingdom)"]),
        (
            make_list([0], [0]), None, BOTH,
            ["it has nearly all addresses of IPv4", "it has nearly all addresses of IPv6"],
        ),
    ],
)  # fmt: skip
def test_what_looks_wrong(
    new: CountryList, present: Optional[CountryList], known: dict[int, set[str]], faults: list[str]
) -> None:
    """Empty, without a country that was asked for, everything, or less than half of the present one."""
    assert list(sanity.find_faults(new, present, known)) == faults


def test_another_source_may_know_less() -> None:
    """But not less than half."""
    present = dataclasses.replace(make_list([23]), source="tor: /geoip")

    assert list(sanity.find_faults(make_list([24]), present, BOTH)) == []
    assert list(sanity.find_faults(make_list([25]), present, BOTH)) == [
        "it has 25% of the IPv4 addresses that the present list has"
    ]


def test_other_countries_are_another_list() -> None:
    """Whoever takes a country out of the settings means it."""
    present = dataclasses.replace(make_list([20]), countries=("FR", "GB", "US"))

    assert list(sanity.find_faults(make_list([24]), present, BOTH)) == []
