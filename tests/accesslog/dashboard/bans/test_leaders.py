"""Who has most of the bans."""

from __future__ import annotations

from typing import Optional

from ideolab_accesslog.dashboard.bans.leaders import find_leaders, find_suspect
from ideolab_accesslog.dashboard.bans.origins import BanOrigin, count_newest
from ideolab_accesslog.dashboard.verdict import Leader
from tests.accesslog.dashboard.samples import NOW


def _row(
    ip: Optional[str], subnet: Optional[str] = None, asn: str = "", name: str = "", country: str = ""
) -> BanOrigin:
    return BanOrigin(ip, subnet, asn or None, name or None, country or None)


def test_large_parts_are_named() -> None:
    """An AS with its name, a network of either family, a country by its name."""
    rows = [_row("2001:db8::5", "2001:db8::/64", "64500", "EVIL<b>\u202e", "FR")] * 6
    rows += [_row("198.51.100.7", "198.51.100.0/24", "64501", "B", "DE")] * 4

    assert find_leaders(count_newest(rows, NOW)) == (
        Leader("asn", "AS64500 EVIL<b>\\u202e", 0.6),
        Leader("network", "2001:db8::/64", 0.6),
        Leader("country", "France", 0.6),
    )


def test_small_parts_and_few_bans_are_not() -> None:
    """A part of nine bans says nothing, and so does a tenth of many."""
    few = [_row("198.51.100.7", "198.51.100.0/24", "64500")] * 9
    spread = [
        _row(f"198.51.{number}.7", f"198.51.{number}.0/24", str(64500 + number)) for number in range(20)
    ]

    assert (find_leaders(count_newest(few, NOW)), find_leaders(count_newest(spread, NOW))) == ((), ())


def test_suspects_by_their_network() -> None:
    """Or by the one address that is all of it."""
    alone = [_row("198.51.100.7")] * 5
    several = [_row("2001:db8::1"), _row("2001:db8::2"), _row("198.51.100.7")]
    network = [_row(None, "198.51.100.0/24")]

    assert find_suspect(alone) == (Leader("suspect", "198.51.100.7", 1.0),)
    assert find_suspect(several) == (Leader("suspect", "2001:db8::/64", 2 / 3),)
    assert find_suspect(network) == (Leader("suspect", "198.51.100.0/24", 1.0),)
    assert find_suspect([]) == ()
