"""What is refused before anybody is told."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Optional

import pytest

from ideolab_accesslog.firewall import refusals, texts
from ideolab_accesslog.networks import parse_wanted
from tests.accesslog.conftest import FakeKernel

OWN = refusals.read_spare_addresses(["198.51.100.99", "2001:db8:0:7::9"])


def find(text: str, networks: Optional[list[str]] = None) -> Optional[str]:
    """The reason for one, with the networks of an AS."""
    known = None if networks is None else list(map(ip_network, networks))
    return refusals.find_refusal(parse_wanted(text), OWN, known)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("198.51.100.99", texts.OWN_ADDRESS),
        ("198.51.100.98", None),
        ("198.51.100.0/24", texts.OWN_ADDRESS_INSIDE),
        ("198.51.0.0/16", texts.OWN_ADDRESS_INSIDE),
        ("198.51.101.0/24", None),
        ("2001:db8:0:7::9", texts.OWN_ADDRESS),
        ("2001:db8:0:7::8", None),
        ("2001:db8:0:7::/64", texts.OWN_ADDRESS),
        ("2001:db8::/48", texts.OWN_ADDRESS_INSIDE),
        ("2001:db8:1::/48", None),
        ("203.0.113.128/25", "203.0.113.200/32 of TRASHIP_NEVER_BAN"),
        ("203.0.113.0/25", None),
        ("192.0.2.0/24", "192.0.2.1/32 of ACCESSLOG_TRUSTED_PROXIES"),
        ("127.0.0.0/16", "loopback"),
        ("::/32", "unspecified"),
        ("fe80::/64", "link-local"),
        ("240.0.0.0/16", "broadcast or reserved"),
        ("2001:db8:1::/112", texts.TOO_NARROW),
    ],
)
def test_a_network_is_refused_for_one_address_in_it(settings: Any, text: str, reason: Optional[str]) -> None:
    """The admin's own, a listed one, a proxy, what the protocols keep."""
    settings.TRASHIP_NEVER_BAN = ["203.0.113.200"]
    settings.ACCESSLOG_TRUSTED_PROXIES = ["192.0.2.1"]

    assert find(text) == reason


def test_an_as_is_refused_for_one_address_in_it(kernel: FakeKernel, settings: Any) -> None:
    """And while nobody tells its networks."""
    settings.TRASHIP_NEVER_BAN = ["203.0.113.200"]

    assert find("AS64500", ["198.51.101.0/24", "2001:db8:1::/48"]) is None
    assert find("AS64500", ["198.51.101.0/24", "198.51.100.0/25"]) == texts.OWN_ADDRESS_INSIDE
    assert find("AS64500", ["2001:db8::/32"]) == texts.OWN_ADDRESS_INSIDE
    assert find("AS64500", ["203.0.112.0/23"]) == "203.0.113.200/32 of TRASHIP_NEVER_BAN"
    assert find("AS64500") == texts.AS_UNKNOWN


def test_no_line_bans_an_as_or_a_wide_network(manual_log: Path) -> None:
    """fail2ban would refuse it, and nobody would hear of it."""
    assert find("AS64500", []) == texts.AS_NEEDS_HELPER
    assert find("203.0.113.0/24") is None
    assert find("203.0.112.0/23") == "wider than /24, the most by a line of manual.log"
    assert find("2001:db8:2::/47") == ("wider than /48, the most by a line of manual.log")


def test_the_site_alone_bans_wide_networks_and_no_as(settings: Any) -> None:
    """It refuses by address, and knows no networks of an AS."""
    settings.TRASHIP_FIREWALL_EXECUTE = False

    assert find("203.0.0.0/16") is None
    assert find("AS64500", []) == texts.AS_NEEDS_HELPER


def test_the_networks_of_an_as_are_asked_for(kernel: FakeKernel) -> None:
    """Those that are not given; all in one run of the helper."""
    wanted = {text: parse_wanted(text) for text in ("AS64500", "AS64501", "198.51.100.7")}

    assert refusals.find_refusals(wanted, ["203.0.113.5"]) == dict.fromkeys(
        ("AS64500", "AS64501"), texts.OWN_ADDRESS_INSIDE
    )
    assert kernel.calls() == 1
    kernel.behave("preview", json.dumps({"networks": None}))
    assert refusals.find_refusals(wanted, []) == dict.fromkeys(("AS64500", "AS64501"), texts.AS_UNKNOWN)
    given: dict[str, Any] = {"AS64500": [], "AS64501": [ip_network("198.51.100.0/24")]}
    assert refusals.find_refusals(wanted, ["198.51.100.1"], given) == {"AS64501": texts.OWN_ADDRESS_INSIDE}
    assert kernel.calls() == 2
