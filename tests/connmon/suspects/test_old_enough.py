"""old_enough: when enough quiet connections will count."""

from __future__ import annotations

import ipaddress

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import Memory, count
from ideolab_f2b.connmon.suspects.old_enough import find_wait_s
from ideolab_f2b.kernel.sockets.row import Connection
from tests.connmon.crowd import connection


def wait_s(rows: list[Connection]) -> float | None:
    return find_wait_s(count(rows, 0.0, Memory(), (), 8000, 3000), Connmon())


def young(template: str, numbers: range, age_s: float = 6.5) -> list[Connection]:
    return [connection(template.format(number), age_s=age_s) for number in numbers]


@pytest.mark.parametrize(
    ("template", "numbers", "expected"),
    [
        pytest.param("203.0.113.{}", range(60), 1.5, id="a /24"),
        pytest.param("203.0.113.{}", range(59), None, id="too few of a /24"),
        pytest.param("2001:db8:c::{:x}", range(8), 1.5, id="a /64"),
        pytest.param("2001:db8:c::{:x}", range(7), None, id="too few of a /64"),
        pytest.param("2001:db8:c:{:x}::1", range(60), 1.5, id="a /56"),
        pytest.param("2001:db8:c:{:x}00::1", range(60), 1.5, id="a /48"),
        pytest.param("2001:db8:c:{:x}00::1", range(59), None, id="too few of a /48"),
    ],
)
def test_whole_networks(template: str, numbers: range, expected: float | None) -> None:
    """Addresses with one young connection each are old enough together."""
    assert wait_s(young(template, numbers)) == expected


def test_the_oldest_that_are_enough_decide() -> None:
    """Not those that came last."""
    rows = young("203.0.113.7", range(8), 7.0) + young("203.0.113.7", range(50), 4.0)

    assert wait_s(rows) == 1.0


def test_nobody_waits() -> None:
    """No young connection, no hurry."""
    assert ipaddress.ip_address("203.0.113.7").packed not in Memory().histories
    assert wait_s(young("203.0.113.7", range(60), 20.0)) is None
