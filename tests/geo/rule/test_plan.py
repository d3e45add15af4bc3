"""What the kernel is to hold: tokens, groups by length, lists that are refused."""

from __future__ import annotations

import pytest

from ideolab_f2b.geo.rule.plan import (
    Prefixes,
    RulePlan,
    RuleProblemError,
    group_by_length,
    make_token,
    require_list,
)
from tests.geo.rule.conftest import make_list

FOUR = [(0xC6336400, 25), (0xCB007108, 32)]
SIX = [(0x20010DB8000C0001 << 64, 64)]


def test_token() -> None:
    """It is the same for the same prefixes in any sequence type, and another one for whatever differs."""
    countries = make_list()
    token = make_token("allow", {4: FOUR, 6: SIX}, (443,), False)
    families: Prefixes = {version: countries.prefixes(version) for version in (4, 6)}

    others = {
        make_token("deny", {4: FOUR, 6: SIX}, (443,), False),
        make_token("allow", {4: FOUR, 6: SIX}, (443, 80), False),
        make_token("allow", {4: FOUR, 6: SIX}, (443,), True),
        make_token("allow", {4: FOUR[:1], 6: SIX}, (443,), False),
        make_token("allow", {4: [], 6: SIX}, (443,), False),
    }

    assert make_token("allow", families, (443,), False) == token
    assert len(token) == 8
    assert token.isalpha()
    assert token.islower()
    assert len(others - {token}) == 5


def test_lengths_that_hold_most_come_first() -> None:
    """A packet of a listed country is let go by the first rules already."""
    found = group_by_length([(1 << 8, 24), (2 << 8, 24), (1 << 24, 8), (5, 32), (2 << 16, 16)])

    assert list(found.items()) == [(8, [1 << 24]), (16, [2 << 16]), (24, [1 << 8, 2 << 8]), (32, [5])]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (RulePlan("allow", {4: FOUR, 6: []}, {}, (443,), False, "t"), "the list has no IPv6 prefix"),
        (RulePlan("allow", {4: FOUR, 6: SIX}, {4: [(0, 0)]}, (443,), False, "t"), "nobody would be refused"),
        (
            RulePlan("deny", {4: [(0, 0)], 6: SIX}, {}, (443,), False, "t"),
            "a prefix of length 0 is everybody",
        ),
        (RulePlan("deny", {4: FOUR}, {}, (), False, "t"), "no port is named"),
    ],
)
def test_what_is_no_list(plan: RulePlan, said: str) -> None:
    """Each names the way out."""
    with pytest.raises(RuleProblemError, match=said):
        require_list(plan)


def test_what_is_a_list() -> None:
    """One that denies may have no prefix of a family."""
    require_list(RulePlan("deny", {4: FOUR, 6: []}, {}, (443,), False, "t"))
    require_list(RulePlan("allow", {4: FOUR, 6: SIX}, {4: FOUR}, (443,), False, "t"))
