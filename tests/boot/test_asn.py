"""Bans of AS numbers at a boot: by the table, within the cap, and each that is missing is said."""

from __future__ import annotations

from pathlib import Path

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot.asn import AsNetworks
from ideolab_f2b.boot.database import StoredBan
from ideolab_f2b.kernel.ipset.element import network_of
from tests.asn.tables import build

JAIL = JailRecord("ideolab-asn", "asn", 64, tickets="as", cap=(1000, 10))
ROWS = [
    (64500, "EXAMPLE", ["198.51.100.0/24", "2001:db8::/63"]),
    (64501, "LARGE", ["203.0.112.0/22", "203.0.116.0/22"]),
]


def find(prefixes: AsNetworks, word: str, *, is_forced: bool = False) -> list[str]:
    keys = prefixes.find(JAIL, StoredBan("ideolab-asn", word, 0, -1, is_forced))
    return [str(network_of(key)) for key in keys]


def test_the_table_of_this_host(tmp_path: Path) -> None:
    """Both families; an AS above the cap only by root's order."""
    build(tmp_path / "asn.sqlite3", ROWS)
    prefixes = AsNetworks(tmp_path)

    assert find(prefixes, "AS64500") == ["198.51.100.0/24", "2001:db8::/63"]
    assert find(prefixes, "198.51.100.7") == []
    assert prefixes.problems == []
    assert find(prefixes, "AS64501") == find(prefixes, "AS64501") == []
    assert find(prefixes, "AS64502") == []
    assert [text.partition(":")[0] for text in prefixes.problems] == [
        "AS64501 is not banned before fail2ban starts",
        "AS64502 is not banned before fail2ban starts",
    ]
    assert "above the cap of 1,000 IPv4 addresses" in prefixes.problems[0]
    assert find(AsNetworks(tmp_path), "AS64501", is_forced=True) == ["203.0.112.0/21"]


def test_no_table(tmp_path: Path) -> None:
    """It is said how to get one."""
    prefixes = AsNetworks(tmp_path)

    assert find(prefixes, "AS64500") == []
    assert len(prefixes.problems) == 1
    assert "ideolab-f2b asn build" in prefixes.problems[0]
