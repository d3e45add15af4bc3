"""addresses: a proxy's address is remembered longer than the proxy."""

from __future__ import annotations

from ideolab_f2b.connmon.containers.addresses import KEEP_S, MOST, KnownAddresses

PROXY, OTHER = frozenset([b"\x0a\x4d\x00\x05"]), frozenset([b"\x0a\x4d\x00\x06", b"\x0a\x4d\x00\x01"])


def test_those_of_all_namespaces() -> None:
    """Whoever is asked about."""
    known = KnownAddresses()
    known.note(PROXY, 1.0)
    known.note(OTHER, 1.0)

    assert known.all == PROXY | OTHER


def test_those_that_are_gone_are_kept_for_a_while() -> None:
    """Their dead connections are still there, and the next container gets the address."""
    known = KnownAddresses()
    known.note(PROXY, 0.0)
    for now in (0.0, KEEP_S):
        known.note(OTHER, now)
        known.forget_old(now)
    assert known.all == PROXY | OTHER

    known.note(OTHER, KEEP_S + 1.0)
    known.forget_old(KEEP_S + 1.0)
    assert known.all == OTHER


def test_their_number_has_a_limit() -> None:
    """The latest stay."""
    known = KnownAddresses()
    known.note(OTHER, 1.0)
    many = frozenset(number.to_bytes(4, "big") for number in range(MOST))
    known.note(many, 2.0)

    assert known.all == many
