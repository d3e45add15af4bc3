"""Bans of the database become elements of sets, or are left out."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot import plan
from ideolab_f2b.boot.database import StoredBan
from ideolab_f2b.boot.plan import Plan
from ideolab_f2b.boot.spared import Spared
from ideolab_f2b.kernel.ipset.element import Key, key_of

NOW = 1_800_000_000.0


def expand(_jail: JailRecord, ban: StoredBan) -> Iterable[Key]:
    networks = ["203.0.113.0/24", "2001:db8:a::/48"] if ban.identity == "AS64500" else []
    return [key_of(ip_network(text)) for text in networks]


def make(jails: list[JailRecord], *bans: tuple[str, str, float]) -> Plan:
    rows = [StoredBan(jail, identity, NOW, bantime) for jail, identity, bantime in bans]
    return plan.make(jails, rows, NOW, Spared(), expand)


def test_each_ban_in_the_set_of_its_jail() -> None:
    """Those of jails that are not recorded, and other words, are left to fail2ban."""
    jails = [
        JailRecord("a", "set_a", 64),
        JailRecord("b", "set_b", 64),
        JailRecord("n", "n", 64, tickets="as"),
    ]

    found = make(
        jails, ("a", "198.51.100.7", 60), ("b", "2001:db8::/64", -1), ("c", "198.51.100.8", 60),
        ("a", "198.51.100.9", 0), ("a", "somebody", 60), ("a", "127.0.0.1", 60), ("b", "AS64500", 90),
        ("n", "AS64500", 90), ("n", "198.51.100.7", 90),
    )  # fmt: skip

    assert found == Plan(
        {
            "set_a": [(ip_network("198.51.100.7"), 60)],
            "set_b": [(ip_network("2001:db8::/64"), 0)],
            "n": [(ip_network("203.0.113.0/24"), 90), (ip_network("2001:db8:a::/48"), 90)],
        },
        bans=3, spared=1, words=3, full=0,
    )  # fmt: skip


def test_two_jails_that_share_a_set() -> None:
    """What lasts longer counts, and for ever is longest."""
    jails = [JailRecord("a", "both", 64), JailRecord("b", "both", 64)]

    found = make(
        jails, ("a", "198.51.100.7", 60), ("b", "198.51.100.7", 90), ("b", "198.51.100.8", -1),
        ("a", "198.51.100.8", 60),
    )  # fmt: skip

    assert found.elements == {"both": [(ip_network("198.51.100.7"), 90), (ip_network("198.51.100.8"), 0)]}
    assert found.bans == 4


def test_more_than_the_sets_can_hold() -> None:
    """Both families together; memory has an end."""
    found = make([JailRecord("a", "a", 64)], *(("a", f"198.51.100.{last}", 60.0) for last in range(200)))

    assert (len(found.elements["a"]), found.bans, found.full) == (128, 128, 72)
