"""Networks of one AS without its number."""

from __future__ import annotations

import pytest

from ideolab_f2b.asn.sources import network_list
from ideolab_f2b.asn.sources.refusals import Refusals
from tests.asn.sources.show import show

ANSWER = ["A31", "198.51.100.0/24 203.0.113.0/25", "C"]


def test_a_list() -> None:
    """One network on each line, remarks."""
    lines = [
        "# libloc",
        "198.51.100.0/24",
        "2001:db8::/32  # a remark",
        "",
        "198.51.100.7/24",
        "10.0.0.0/8",
        "x",
    ]
    refusals = Refusals()
    assert show(network_list.read(lines, refusals, 64500)) == [
        "198.51.100.0-198.51.100.255 AS64500",
        "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff AS64500",
    ]
    assert refusals.by_reason == {
        "bits of the host are set": 1,
        "private or reserved addresses": 1,
        "no address": 1,
    }


def test_answers_of_a_route_server() -> None:
    """`!gAS64500` and `!6AS64500`, one behind the other."""
    lines = [*ANSWER, "A14", "2001:db8::/32", "C", "D"]
    assert len(list(network_list.read(lines, Refusals(), 64500))) == 3


@pytest.mark.parametrize(
    ("lines", "number", "message"),
    [
        (ANSWER, 0, "it has networks without the number of their AS: give it with --as AS64500, or name"),
        (["A9999", *ANSWER[1:]], 64500, "the route server's answer is cut: 9968 bytes are missing"),
        (["F no such server \x1b[31m"], 64500, r"the route server refused: 'F no such server \\x1b\[31m'"),
    ],
)
def test_what_ends_a_build(lines: list[str], number: int, message: str) -> None:
    """No number, half an answer, an error."""
    with pytest.raises(ValueError, match=message):
        list(network_list.read(lines, Refusals(), number))
