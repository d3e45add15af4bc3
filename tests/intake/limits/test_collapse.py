"""collapse: how many lines of a flood pass, whose, and what is said of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.intake.client import key_of
from ideolab_f2b.intake.kind import Kind, Words
from ideolab_f2b.intake.limits.collapse import Collapse, Collapsed
from ideolab_f2b.intake.text import Evidence

TIMEOUT = Words(b" client timed out", Evidence.TIMEOUT)
LEFT = Words(b" client closed connection", Evidence.SHOWN)


def passed(collapse: Collapse, lines: Iterable[Kind]) -> Counter[Kind]:
    """{kind: its lines that passed}"""
    return Counter(kind for kind in lines if collapse.passes(kind))


def test_the_first_lines_of_an_address_pass() -> None:
    """Fifty of a thousand, of each kind for itself."""
    collapse = Collapse(50, 5000)
    mine, left, other = (b"192.0.2.7", TIMEOUT), (b"192.0.2.7", LEFT), (b"192.0.2.8", TIMEOUT)

    assert passed(collapse, [mine, left] * 1000 + [other]) == {mine: 50, left: 50, other: 1}
    assert collapse.end_window(10.0) == [
        Collapsed("192.0.2.7", TIMEOUT.text, 950),
        Collapsed("192.0.2.7", LEFT.text, 950),
    ]


def test_the_next_second_begins_anew() -> None:
    """A window is closed by the clock that comes from outside."""
    collapse, mine = Collapse(2, 100), (b"192.0.2.7", TIMEOUT)
    assert collapse.end_window(10.0) == []
    assert passed(collapse, [mine] * 5) == {mine: 2}

    assert collapse.end_window(10.9) == []
    assert passed(collapse, [mine]) == {}
    assert collapse.end_window(11.0) == [Collapsed("192.0.2.7", TIMEOUT.text, 4)]
    assert passed(collapse, [mine] * 5) == {mine: 2}


def test_a_quiet_window_says_nothing() -> None:
    """No summary without anything collapsed."""
    collapse = Collapse(2, 100)
    passed(collapse, [(b"192.0.2.7", TIMEOUT)] * 2)

    assert collapse.end_window(10.0) == []


def test_all_together_are_bounded() -> None:
    """More than fail2ban can read never pass; the rest is one number."""
    collapse = Collapse(5, 100)
    crowd = [(f"10.0.{number}.1".encode(), TIMEOUT) for number in range(250)]

    assert sum(passed(collapse, crowd).values()) == 100
    assert collapse.end_window(10.0) == [Collapsed("", b"", 150)]


def test_a_client_with_many_addresses_leaves_room() -> None:
    """65,536 addresses of one /48 get half of the lines; an attacker from elsewhere gets all of his."""
    collapse = Collapse(50, 1000)
    flood = [(key_of(f"2001:db8:1:{number:x}::1".encode()), TIMEOUT) for number in range(65536)]
    other, third = (b"198.51.100.7", TIMEOUT), (key_of(b"2001:db8:2::1"), TIMEOUT)

    assert sum(passed(collapse, flood).values()) == 500
    assert passed(collapse, [other] * 60 + [third] * 60) == {other: 50, third: 50}
    assert collapse.end_window(10.0) == [
        Collapsed("198.51.100.7", TIMEOUT.text, 10),
        Collapsed("2001:db8:2::/64", TIMEOUT.text, 10),
        Collapsed("", b"", 65036),
    ]


def test_in_need_a_network_gets_what_an_address_may_have() -> None:
    """What it got before counts; /24 and /48 are networks."""
    collapse = Collapse(3, 20)
    first = [(f"198.51.{number}.1".encode(), TIMEOUT) for number in range(10)]
    assert sum(passed(collapse, first).values()) == 10

    neighbours = [(f"198.51.0.{number}".encode(), TIMEOUT) for number in range(2, 9)]
    assert sum(passed(collapse, neighbours).values()) == 2


def test_memory_is_bounded_by_what_passes() -> None:
    """Whatever addresses arrive, no more of them are kept than lines may pass."""
    collapse = Collapse(50, 1000)
    for number in range(50_000):
        collapse.passes((key_of(f"2001:db8:{number:x}::1".encode()), TIMEOUT))

    assert len(collapse._passed) + len(collapse._over) + len(collapse._networks) <= 3000


def test_only_the_worst_are_named() -> None:
    """Ten lines of a window say who, one more says how many others."""
    collapse = Collapse(1, 1000)
    lines = [(f"192.0.2.{number}".encode(), TIMEOUT) for number in range(1, 21) for _line in range(number)]
    passed(collapse, lines)

    found = collapse.end_window(10.0)
    assert [(one.address, one.lines) for one in found[:2]] == [("192.0.2.20", 19), ("192.0.2.19", 18)]
    assert len(found) == 11
    assert found[-1] == Collapsed("", b"", sum(range(10)))


def test_a_forged_address_is_not_repeated() -> None:
    """It may be any text: the summary does not name it."""
    collapse, kind = Collapse(1, 10), (b"x client: 192.0.2.9", TIMEOUT)
    passed(collapse, [kind] * 2)

    assert collapse.end_window(10.0) == [Collapsed("", TIMEOUT.text, 1)]


ADDRESSES = st.sampled_from([b"192.0.2.1", b"192.0.2.2", key_of(b"2001:db8::1"), b""])


@given(
    st.lists(st.tuples(ADDRESSES, st.sampled_from([TIMEOUT, LEFT]))),
    st.integers(1, 9),
    st.integers(1, 30),
)
def test_every_line_passes_or_is_counted(lines: list[Kind], lines_address: int, lines_total: int) -> None:
    """None is lost without a number, and no bound is passed."""
    collapse = Collapse(lines_address, lines_total)
    found = passed(collapse, lines)

    assert sum(found.values()) + sum(one.lines for one in collapse.end_window(10.0)) == len(lines)
    assert sum(found.values()) <= lines_total
    assert max(found.values(), default=0) <= lines_address


@given(st.lists(st.integers(0, 5)))
def test_below_the_bounds_nothing_is_collapsed(numbers: list[int]) -> None:
    """What a quiet host writes passes whole."""
    collapse = Collapse(len(numbers) + 1, 2 * len(numbers) + 1)
    lines = [(f"192.0.2.{number}".encode(), TIMEOUT) for number in numbers]

    assert sum(passed(collapse, lines).values()) == len(lines)
