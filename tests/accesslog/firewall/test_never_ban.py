"""Who is never banned."""

from __future__ import annotations

import ipaddress
from typing import Any, Optional

import pytest

from ideolab_accesslog import networks
from ideolab_accesslog.firewall import never_ban


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("0.0.0.0", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "broadcast or reserved"),
    ],
)
def test_addresses_of_the_protocols_are_never_banned(text: str, reason: str) -> None:
    """Each with its reason."""
    assert never_ban.find_reason(networks.parse(text)) == reason


def test_listed_networks_are_never_banned(settings: Any) -> None:
    """The site's proxies and its own list."""
    settings.ACCESSLOG_TRUSTED_PROXIES = ["198.51.100.1"]
    settings.TRASHIP_NEVER_BAN = ["2001:db8:1::/48"]

    assert (
        never_ban.find_reason(networks.parse("198.51.100.1"))
        == "198.51.100.1/32 of ACCESSLOG_TRUSTED_PROXIES"
    )
    assert never_ban.find_reason(networks.parse("2001:db8:1::7")) == "2001:db8:1::/48 of TRASHIP_NEVER_BAN"
    assert never_ban.find_reason(networks.parse("2001:db8:2::7")) is None


def test_a_list_that_the_site_changes_in_place_counts(settings: Any) -> None:
    """Without a signal of Django: the site's own list of monitoring hosts grows."""
    hosts = settings.TRASHIP_NEVER_BAN = ["198.51.100.1"]
    address = networks.parse("198.51.100.2")

    assert never_ban.find_reason(address) is None
    hosts.append("198.51.100.2")
    assert never_ban.find_reason(address) == "198.51.100.2/32 of TRASHIP_NEVER_BAN"


def test_a_mapped_address_is_its_ipv4_address() -> None:
    """What a server with a v6 socket sees."""
    assert networks.parse("::ffff:198.51.100.7") == ipaddress.ip_address("198.51.100.7")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "198.51.100.0/24",
        "198.51.100.7 -j",
        "fe80::1%eth0",
        "1.2.3",
        "0x7f.1",
        "\u0661.1.1.1",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Names, networks, scopes, words."""
    with pytest.raises(ValueError):
        networks.parse(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("::/64", "unspecified"),
        ("fe80::/64", "link-local"),
        ("ff02::/64", "multicast"),
        ("2001:db8:1::/64", "2001:db8:1::5/128 of TRASHIP_NEVER_BAN"),
        ("2001:db8:2:9::/64", "2001:db8:2::/48 of TRASHIP_NEVER_BAN"),
        ("2001:db8:3::/64", None),
    ],
)
def test_a_network_with_one_address_that_is_never_banned(
    text: str, reason: Optional[str], settings: Any
) -> None:
    """The whole /64 stays, and so do networks around it."""
    settings.TRASHIP_NEVER_BAN = ["198.51.100.0/24", "2001:db8:1::5", "2001:db8:2::/48"]

    assert never_ban.find_reason(networks.parse(text)) == reason
