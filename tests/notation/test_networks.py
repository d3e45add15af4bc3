"""What one word of a list stands for."""

from __future__ import annotations

import contextlib
import string
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.notation import networks


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("198.51.100.7", ["198.51.100.7/32"]),
        ("198.51.100.7/24", ["198.51.100.0/24"]),
        ("198.51.100.72/255.255.255.252", ["198.51.100.72/30"]),
        ("198.51.100.65-198.51.100.68", ["198.51.100.65/32", "198.51.100.66/31", "198.51.100.68/32"]),
        ("198.51.100.64-67", ["198.51.100.64/30"]),
        ("198.51.100.64\u201367", ["198.51.100.64/30"]),
        ("198.51.*.*", ["198.51.0.0/16"]),
        ("198.51.100.x", ["198.51.100.0/24"]),
        ("198.51.", ["198.51.0.0/16"]),
        ("10/8", ["10.0.0.0/8"]),
        ("192.168/16", ["192.168.0.0/16"]),
        ("0/0", ["0.0.0.0/0"]),
        ("10.*", ["10.0.0.0/8"]),
        ("198.51.100.7:443", ["198.51.100.7/32"]),
        ("'198.51.100.7'", ["198.51.100.7/32"]),
        ("::ffff:198.51.100.70", ["198.51.100.70/32"]),
        ("::FFFF:198.51.100.0/120", ["198.51.100.0/24"]),
        ("2001:DB8::7", ["2001:db8::7/128"]),
        ("[2001:db8::7]", ["2001:db8::7/128"]),
        ("[2001:db8::7]:443", ["2001:db8::7/128"]),
        ("[2001:db8::]/48", ["2001:db8::/48"]),
        ("2001:db8::/ffff:ffff:ffff::", ["2001:db8::/48"]),
        ("2001:db8::-2001:db8::1", ["2001:db8::/127"]),
        ("fe80::1%eth0", ["fe80::1/128"]),
        ("fe80::1%eth0/64", ["fe80::/64"]),
    ],
)
def test_words(word: str, found: list[str]) -> None:
    """Everything that people write for an address, a network or a range."""
    assert [str(each) for each in networks.read(word)] == found


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("", "does not appear to be"),
        ("*", "does not appear to be"),
        ("198.51.100.007", "does not appear to be"),
        ("198.51.100.300", "does not appear to be"),
        ("198.51.100.7/33", "does not appear to be"),
        ("198.51.*.7", "does not appear to be"),
        ("198.51.100.9-198.51.100.7", "a range whose end comes before its begin"),
        ("198.51.100.9-2001:db8::1", "a range from IPv4 to IPv6"),
        ("2001:db8::/ffff:0:ffff::", "ffff:0:ffff:: is no netmask"),
        # a number before a line of a list, and words of a sentence
        ("1.", "does not appear to be"),
        ("24/7", "short for 24.0.0.0/7: write it whole"),
        ("1/2", "1.0.0.0/2 has host bits set"),
        ("office.example.net", "does not appear to be"),
        ("1" * 1000, "a word of 1000 characters"),
    ],
)
def test_words_that_are_none(word: str, why: str) -> None:
    """A ValueError, as ip_network raises it."""
    with pytest.raises(ValueError, match=why.replace("*", r"\*")):
        networks.read(word)


@given(st.text(string.hexdigits + ".:-/*x[]%'\u2013 ", max_size=60))
def test_no_word_breaks_it(word: str) -> None:
    """Networks, or a ValueError."""
    with contextlib.suppress(ValueError):
        assert networks.read(word)


@given(st.ip_addresses(), st.data())
def test_a_plain_network_is_itself(address: object, data: st.DataObject) -> None:
    """As Python reads it, for every prefix."""
    first = ip_address(str(address))
    word = f"{first}/{data.draw(st.integers(0, first.max_prefixlen))}"
    plain = ip_network(word, strict=False)

    (found,) = networks.read(word)

    assert found == plain or ":" in word
