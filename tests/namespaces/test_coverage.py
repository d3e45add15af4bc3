"""What the setting covers, and which namespaces route through this host."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from ideolab_f2b.namespaces.coverage import Coverage, read_coverage, routes_through

HOST = ("10.77.0.1", "fd00:77::1", "fe80::1", "192.0.2.1")


def pack(*texts: str) -> frozenset[bytes]:
    return frozenset(ip_address(text).packed for text in texts)


def test_the_words_of_the_setting() -> None:
    """auto and names may stand together; none cover nothing."""
    assert read_coverage(("auto",)) == Coverage(True, frozenset())
    assert read_coverage(("auto", "lxc:c1")) == Coverage(True, frozenset({"lxc:c1"}))
    assert [read_coverage(words).is_empty for words in ((), ("lxc:c1",), ("auto",))] == [True, False, False]


@pytest.mark.parametrize(
    ("gateways", "routed", "is_routed"),
    [
        (["10.77.0.1"], [], True),
        (["fd00:77::1"], [], True),
        # Calico
        (["169.254.1.1"], [], True),
        # a router of the network that a macvlan guest is in
        (["192.0.2.254"], [], False),
        # rootless
        (["10.0.2.2"], [], False),
        ([], [], False),
        # each machine may be fe80::1
        (["fe80::1"], ["fe80::2"], False),
        (["fe80::1"], ["fe80::2", "fd00:77::2"], True),
    ],
)
def test_gateways(gateways: list[str], routed: list[str], is_routed: bool) -> None:
    """One that is this host's own address is enough."""
    assert routes_through(pack(*gateways), pack(*HOST), pack(*routed)) is is_routed
