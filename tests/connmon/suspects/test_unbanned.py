"""unbanned: networks whose ban does not come."""

from __future__ import annotations

from ideolab_f2b.connmon.suspects.unbanned import MEMBERS_S, MOST, PATIENCE_S, UnbannedNetworks

NAME = bytes([203, 0, 113])


def test_a_network_that_stays_is_not_banned() -> None:
    """For an hour from then on, whether it is a suspect or not."""
    unbanned = UnbannedNetworks()
    seen = []
    for when in (0.0, PATIENCE_S, PATIENCE_S + 1, PATIENCE_S + MEMBERS_S, PATIENCE_S + 2 + MEMBERS_S):
        unbanned.update([NAME] if when <= PATIENCE_S + 1 else [], when)
        seen.append(NAME in unbanned)

    assert seen == [False, False, True, True, False]


def test_a_network_that_is_banned_begins_anew() -> None:
    """It was gone in between."""
    unbanned = UnbannedNetworks()
    for when, names in ((0.0, [NAME]), (60.0, []), (65.0, [NAME]), (65.0 + PATIENCE_S, [NAME])):
        unbanned.update(names, when)

    assert NAME not in unbanned


def test_few_are_remembered() -> None:
    """However many there are."""
    names = [number.to_bytes(7, "big") for number in range(MOST + 10)]
    unbanned = UnbannedNetworks()
    for when in (0.0, PATIENCE_S + 1):
        unbanned.update(names, when)

    assert sum(name in unbanned for name in names) == MOST
