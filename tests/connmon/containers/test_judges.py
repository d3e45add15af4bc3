"""judges: one for each namespace and port, as long as it exists."""

from __future__ import annotations

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.alike.systems import know_nothing
from ideolab_f2b.connmon.containers.judges import GONE_S, MOST, Judges, clean_name


@pytest.fixture
def judges() -> Judges:
    """None yet."""
    return Judges(Connmon(), know_nothing)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("docker:0225320b4597", "docker:0225320b4597"),
        ('x" in=lxc:c2\n', "x__in_lxc:c2_"),
        ("\x1b[2Jé", "__2J_"),
        ("", "unknown"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_name_is_one_word(name: str, clean: str) -> None:
    """Whoever made it up."""
    assert clean_name(name) == clean


def test_a_namespace_keeps_its_judges(judges: Judges) -> None:
    """Another number, or the same number with another name, is another namespace."""
    first = judges.find(1, "lxc:c1", 1.0)

    assert judges.find(1, "lxc:c1", 2.0) is first
    assert judges.find(2, "lxc:c1", 2.0) is not first
    assert judges.find(1, "lxc:c2", 3.0) is not first


def test_those_that_are_gone_are_dropped(judges: Judges) -> None:
    """At once after a whole answer, else when nobody has seen them for long."""
    first, second = judges.find(1, "a", 1.0), judges.find(2, "b", 1.0)
    judges.drop_others({2}, 2.0, is_whole=False)
    assert judges.find(1, "a", 1.0) is first

    judges.drop_others({2}, 2.0, is_whole=True)
    assert judges.find(1, "a", 1.0) is not first
    assert judges.find(2, "b", 1.0) is second

    judges.drop_others(set(), 2.0 + GONE_S, is_whole=False)
    assert judges.find(2, "b", 1.0) is not second


def test_their_number_has_a_limit(judges: Judges) -> None:
    """Those that are known stay."""
    known = [judges.find(number, "a", 1.0) for number in range(MOST)]

    assert judges.find(MOST, "a", 1.0) is None
    assert judges.find(0, "a", 1.0) is known[0]
    judges.drop_others(range(1, MOST), 2.0, is_whole=True)
    assert judges.find(MOST, "a", 1.0) is not None
