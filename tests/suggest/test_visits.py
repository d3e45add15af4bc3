"""How many visitors a ban would hit."""

from __future__ import annotations

from ideolab_f2b.suggest.visits import Hit, Visits


def test_find_hit() -> None:
    """Both ends of a span count; IPv4 and IPv6 apart."""
    visits = Visits({4: {10: 1, 20: 2, 30: 3}, 6: {10: 4}}, {4: set(), 6: set()})

    assert (visits.count, visits.total) == (4, 10)
    assert visits.find_hit([(4, (10, 20))]) == Hit(2, 0.3)
    assert visits.find_hit([(4, (11, 19)), (4, (21, 29))]) == Hit(0, 0.0)
    assert visits.find_hit([(4, (0, 99)), (6, (0, 99))]) == Hit(4, 1.0)


def test_who_is_banned_is_no_visitor() -> None:
    """What scanners ask for must not protect their network."""
    visits = Visits({4: {10: 1, 20: 9}}, {4: {20}, 6: set()})

    assert (visits.count, visits.total, visits.find_hit([(4, (0, 99))])) == (1, 1, Hit(1, 1.0))


def test_nobody() -> None:
    """Without a request there is no share."""
    assert Visits({}, {4: set(), 6: set()}).find_hit([(4, (0, 99))]) == Hit(0, 0.0)
