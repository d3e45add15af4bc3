"""One line of the input: what is an order, what is refused, and that nothing else comes out of it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b import columns
from ideolab_f2b.commands.arguments import times
from ideolab_f2b.notation import duration

HOSTILE = st.one_of(
    st.text(max_size=200),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["ban ", "unban ", "check ", "ban  ", "BAN ", ""]),
        st.one_of(
            st.ip_addresses().map(str),
            st.from_regex(r"[0-9a-fA-F:./%]{1,50}", fullmatch=True),
            st.sampled_from(["198.51.100.7", "2001:db8::1", "198.51.100.0/24", "--all", "<F2B_END_COMMAND>"]),
        ),
        st.sampled_from(
            ["", " ", "\n", "\r", "\0", ";", "/32", "/0", "/33", "%eth0", "\u0660", "'", '"', "\u2028"]
        ),
        st.sampled_from(["", " 60", " permanent", " -1", " 1e9", " ٣", " 0", "--all", " 99999999999999"]),
    ),
)


@pytest.mark.parametrize(
    ("line", "address", "time"),
    [
        ("ban 198.51.100.7", "198.51.100.7", "permanent"),
        ("ban 198.51.100.7/32 86400", "198.51.100.7", 86400),
        ("ban 2001:DB8:0::1 7d", "2001:db8::1", 604800),
        ("ban 198.51.100.0/24 permanent", "198.51.100.0/24", "permanent"),
        ("unban 2001:db8::/64", "2001:db8::/64", "permanent"),
        ("check 10.0.0.0/8", "10.0.0.0/8", "permanent"),
        ("ban 198.51.100.7 1h30m", "198.51.100.7", 5400),
        ("ban 198.51.100.7 2W", "198.51.100.7", 1209600),
    ],
)
def test_orders(program: ModuleType, line: str, address: str, time: object) -> None:
    """The address comes out as fail2ban writes it."""
    order = program.Order(line)

    assert (order.result, order.address, order.time) == ("", address, time)


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("ban 127.0.0.1", "127.0.0.1 overlaps 127.0.0.0/8: loopback"),
        ("ban ::1", "::1 is ::1/128: loopback"),
        ("ban 0.0.0.0", "0.0.0.0 overlaps 0.0.0.0/8: no host"),
        ("ban 169.254.1.1", "169.254.1.1 overlaps 169.254.0.0/16: link-local"),
        ("ban fe80::1", "fe80::1 overlaps fe80::/10: link-local"),
        ("ban 224.0.0.1", "224.0.0.1 overlaps 224.0.0.0/4: multicast"),
        ("ban ff02::1", "ff02::1 overlaps ff00::/8: multicast"),
        ("ban 255.255.255.255", "255.255.255.255 is 255.255.255.255/32: broadcast"),
        ("ban ::ffff:198.51.100.7", "IPv4 in the notation of IPv6: write it as IPv4"),
        ("ban 10.0.0.0/8", "10.0.0.0/8 is wider than /16"),
        ("ban 0.0.0.0/0", "0.0.0.0/0 is wider than /16"),
        ("ban 2001:db8::/31", "2001:db8::/31 is wider than /32"),
        ("unban ::/0", "::/0 is wider than /32"),
        ("ban 198.51.100.7/24", "has host bits set"),
        ("ban 198.51.100.0/255.255.255.0", "no address and no network"),
        ("ban fe80::1%eth0", "no address and no network"),
        ("ban 010.51.100.7", "a zero stands in front of a number"),
        ("ban 198.51.100.7/032", "no address and no network"),
        ("ban example.org", "no address and no network"),
        ("ban 3325256711", "no address and no network"),
        ("ban 198.51.100.7 0", "no time"),
        ("ban 198.51.100.7 -1", "no time"),
        ("ban 198.51.100.7 9999999999", "no time"),
        ("unban 198.51.100.7 60", "only a ban takes a time"),
        ("unban --all", "no address and no network"),
        ("ban 198.51.100.7 60 now", "not understood"),
        ("ban 198.51.100.7\r", "not understood"),
        ("flush", "not understood"),
        ("", "not understood"),
    ],
)
def test_refusals(program: ModuleType, line: str, detail: str) -> None:
    """Each is told why."""
    order = program.Order(line)

    assert order.result == "refused"
    assert detail in order.detail


@pytest.mark.parametrize(
    "text",
    (
        "90",
        "0.5",
        "1.5h",
        "90m",
        "1h30m",
        "24H",
        "1 day",
        "1d, 2 hours",
        "2w",
        "permanent",
        "520w",
        "600w",
        "",
        "0",
        "h",
        "1x",
        "1h30",
        "1e3",
        "-1",
        "soon",
        "99999999999",
        "٣",
        "0h",
        "5s 0m",
    ),
)
def test_times_are_those_of_the_verbs(program: ModuleType, text: str) -> None:
    """The program imports nothing of the pack, and has the same grammar."""

    def seconds_of(grammar: Callable[[str], object]) -> object:
        try:
            return grammar(text)
        except (ValueError, argparse.ArgumentTypeError):
            return None

    assert seconds_of(program.duration) == seconds_of(times.ban_time)
    assert {word: duration.read(f"1{word}") for word in program.UNITS} == program.UNITS
    assert all(map(duration.is_unit, program.UNITS))


def test_an_answer_is_an_object_as_those_of_the_verbs(program: ModuleType) -> None:
    """It begins with the version and the time; what Django reads stands behind."""
    told = json.loads(str(program.Order("ban 198.51.100.7 600")))

    assert list(told) == ["version", "t", "action", "address", "result", "until", "detail"]
    assert (told["version"], told["t"] > 1e9) == (columns.JSON_VERSION, True)


@given(line=HOSTILE)
def test_what_is_not_refused_is_canonical(program: ModuleType, line: str) -> None:
    """An address or a network as ipaddress itself writes it, and a time in its bounds."""
    order = program.Order(line)
    told = json.loads(str(order))

    assert str(order).isascii() and "\n" not in str(order)
    if order.result != "refused":
        network = ip_network(order.address)
        assert told["address"] in (str(network), str(network.network_address))
        assert order.time == "permanent" or 0 < order.time <= 315360000
        assert order.action in ("ban", "unban", "check")


@given(address=st.ip_addresses())
def test_every_plain_address_can_be_checked(program: ModuleType, address: object) -> None:
    """None is lost to strictness, but for zones."""
    text = str(ip_address(str(address).partition("%")[0]))

    assert program.Order(f"check {text}").address == text
