"""budget: what is still written when a log has grown too fast."""

from __future__ import annotations

from collections.abc import Iterable

from ideolab_f2b.intake.client import key_of
from ideolab_f2b.intake.limits.budget import FEW_LINES, HOUR_S, Budget

KEY = b"198.51.100.7"


def lines(budget: Budget, keys: Iterable[bytes]) -> int:
    """Return how many lines of these clients may be written."""
    return sum(budget.allows(True, key) for key in keys)


def budget(spent: int) -> Budget:
    """Return one of 1,000 bytes an hour of which so many are spent."""
    made = Budget(1000)
    made.advance(0.0)
    made.spend(spent)
    return made


def test_a_quiet_log_writes_everything() -> None:
    """Half of it may go on what only the modes for a look read."""
    assert budget(499).is_ample
    assert budget(499).allows(False, KEY)


def test_what_no_jail_counts_stops_first() -> None:
    """Then clients with many lines, then all."""
    assert not budget(500).is_ample
    assert [budget(500).allows(False, KEY), budget(500).allows(True, KEY)] == [False, True]
    assert [lines(budget(749), [KEY] * 99), lines(budget(750), [KEY] * 99)] == [99, FEW_LINES]
    assert not budget(1000).allows(True, KEY)
    assert not budget(1010).allows(False, KEY)


def test_the_last_quarter_is_for_networks_with_few_lines() -> None:
    """A /48 and a /24 are one owner; in the last eighth a /32 and a /16 are."""
    hops = [key_of(b"2001:db8:1:%x::1" % number) for number in range(500)]
    wide = [key_of(b"2001:db8:%x::1" % number) for number in range(500)]
    near = [b"198.51.100.%d" % number for number in range(250)]
    far = [b"198.51.%d.1" % number for number in range(250)]

    assert [lines(budget(800), keys) for keys in (hops, near)] == [FEW_LINES] * 2
    assert [lines(budget(800), keys) for keys in (wide, far)] == [500, 250]
    assert [lines(budget(900), keys) for keys in (wide, far)] == [FEW_LINES] * 2


def test_a_thousand_networks_have_their_own_lines() -> None:
    """The bound on the keys of a network is none on networks."""
    made = budget(800)
    keys = [b"%d.%d.1.1" % (first, second) for first in range(1, 200) for second in range(20)]

    assert lines(made, keys) == len(keys)
    assert lines(made, [b"203.0.113.7"] * 99) == FEW_LINES


def test_time_fills_it_again() -> None:
    """An hour from nothing to all, and never more."""
    made = budget(1000)
    made.advance(HOUR_S / 10)
    assert lines(made, [KEY] * 99) == FEW_LINES
    made.advance(10 * HOUR_S)
    made.spend(500)
    assert not made.is_ample
