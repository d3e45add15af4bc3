"""The networks of entries."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from ideolab_accesslog.setting_types.networks import find_networks, read_networks


@pytest.mark.parametrize(
    ("entry", "networks", "wrong"),
    [
        ("10.0.0.0/8", ["10.0.0.0/8"], []),
        ("10.0.0.7/8", ["10.0.0.0/8"], []),
        (" 2001:db8::7 ", ["2001:db8::7/128"], []),
        ("::ffff:198.51.100.7", ["198.51.100.7/32"], []),
        ("198.51.100.7  # the office", ["198.51.100.7/32"], []),
        ("198.51.100.0-198.51.100.3", ["198.51.100.0/30"], []),
        (ip_network("10.0.0.0/8"), ["10.0.0.0/8"], []),
        (ip_address("2001:db8::7"), ["2001:db8::7/128"], []),
        ("198.51.100.7, monitoring", ["198.51.100.7/32"], ["monitoring"]),
        ("monitoring.example.com", [], ["monitoring.example.com"]),
        ("10.0.0.0/33", [], ["10.0.0.0/33"]),
        ("", [], []),
        (b"10.0.0.1", [], ["bytes"]),
        (["10.0.0.1"], [], ["list"]),
        (None, [], ["None"]),
        ("1" * 20_000, [], ["1" * 40]),
    ],
)
def test_the_notations_are_those_of_the_pack(entry: Any, networks: list[str], wrong: list[str]) -> None:
    """What /etc/ideolab/never-ban takes, a list of the site takes too."""
    found = find_networks(entry)

    assert (list(map(str, found.networks)), list(found.wrong)) == (networks, wrong)


def test_what_is_no_network_is_left_out() -> None:
    """A site may have added it after its list was read."""
    entries = ["198.51.100.7", "monitoring", None, ["x"], "2001:db8::/32"]

    assert list(map(str, read_networks(entries))) == ["198.51.100.7/32", "2001:db8::/32"]
