"""What is said of one address: for people and for programs."""

from __future__ import annotations

from datetime import datetime, timezone
from ipaddress import ip_network
from typing import Any

from ideolab_f2b.bans.address_status import AddressStatus
from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.bans.jail_bans import Ban
from ideolab_f2b.event import Event
from ideolab_f2b.kernel.ipset.element import key_of
from ideolab_f2b.origin.origin import Origin

NOW = 1795359121.0
LINE = '2026-11-22T14:50:21.000+0000 connmon: suspect 198.51.100.7 reason="\\x1b"'
AT = datetime.fromtimestamp(NOW - 100, timezone.utc)


def row(network: str, **changes: Any) -> BanRow:
    whole = BanRow(
        key_of(ip_network(network)),
        "ok",
        "ideolab-connmon",
        "ideolab_connmon",
        Ban(NOW - 100, 3600),
        True,
        3500,
    )
    return whole._replace(**changes)


def test_a_ban_with_all_that_is_known() -> None:
    """Until when, where, why, whose, and what lifts it; what a client wrote moves no cursor."""
    seen = Event(
        AT, "ban", ip="198.51.100.7", jail="ideolab-connmon", reason="40 mute\x1b[2J",
        raw={"matches": ["first", LINE]},
    )  # fmt: skip
    status = AddressStatus(
        "198.51.100.7",
        NOW,
        (row("198.51.100.7"),),
        events={("198.51.100.7", "ideolab-connmon"): seen},
        origin=Origin("198.51.100.7", "64500", "EXAMPLE", "FR", "198.51.100.0/24"),
    )

    assert list(status.lines()) == [
        "198.51.100.7 is banned by jail ideolab-connmon",
        "  since    2026-11-22 14:50:21 UTC",
        "  until    2026-11-22 15:50:21 UTC (58m 20s left)",
        "  kernel   set ideolab_connmon holds it",
        "  why      40 mute?[2J",
        f"  line     {LINE}",
        "  lift     sudo ideolab-f2b unban 198.51.100.7",
        "  origin   AS64500 EXAMPLE FR",
    ]
    told = status.fields()
    assert (told["address"], told["state"], told["asn"], told["protected"]) == (
        "198.51.100.7", "banned", "64500", None,
    )  # fmt: skip
    [ban] = told["bans"]
    names = ("jail", "set", "since", "until", "bantime", "in_kernel", "reason")
    assert {name: ban[name] for name in names} == {
        "jail": "ideolab-connmon", "set": "ideolab_connmon", "since": NOW - 100, "until": NOW + 3500,
        "bantime": 3600, "in_kernel": True, "reason": "40 mute\x1b[2J",
    }  # fmt: skip


def test_a_part_of_a_banned_network() -> None:
    """What has to be lifted is the network; a permanent ban says so."""
    holder = row("198.51.100.0/24", ban=Ban(NOW - 100, -1), element_s=None)

    assert list(AddressStatus("198.51.100.7", NOW, (holder,)).lines()) == [
        "198.51.100.7 is banned as a part of 198.51.100.0/24 by jail ideolab-connmon",
        "  since    2026-11-22 14:50:21 UTC",
        "  until    permanent",
        "  kernel   set ideolab_connmon holds it",
        "  why      its event is not in the log",
        "  lift     sudo ideolab-f2b unban 198.51.100.0/24 (it lifts the whole network)",
    ]


def test_where_fail2ban_and_the_kernel_differ() -> None:
    """A ban that does not hold, one that ends too early, an element of nobody, a jail that is not ours."""

    def kernel(one: BanRow) -> str:
        return next(line for line in AddressStatus("198.51.100.7", NOW, (one,)).lines() if "kernel  " in line)

    missing = row("198.51.100.7", state="missing", in_kernel=False)
    assert kernel(missing).endswith("does not hold it: it gets through; sudo ideolab-f2b check --repair")
    assert "not as long as the ban lasts" in kernel(row("198.51.100.7", state="short"))
    assert kernel(row("198.51.100.7", state="elsewhere", set=None)).endswith(
        "the jail has an action of its own"
    )
    stale = row("198.51.100.7", state="stale", jail=None, ban=None)
    assert list(AddressStatus("198.51.100.7", NOW, (stale,)).lines()) == [
        "198.51.100.7 is banned by kernel set ideolab_connmon",
        "  until    58m 20s left in the kernel; no jail holds this ban",
        "  kernel   set ideolab_connmon holds it",
        "  lift     sudo ideolab-f2b check --repair",
    ]


def test_who_is_not_banned() -> None:
    """Why it never is, and what lies in a network."""
    status = AddressStatus(
        "198.51.100.0/24", NOW, (), tuple(row(f"198.51.100.{number}") for number in range(7)),
        protected="198.51.100.0/24 holds 198.51.100.1, a gateway of this host",
    )  # fmt: skip

    assert list(status.lines()) == [
        "198.51.100.0/24 is not banned",
        "  spared   198.51.100.0/24 holds 198.51.100.1, a gateway of this host",
        "  inside   7 bans lie in it: 198.51.100.0, 198.51.100.1, 198.51.100.2, 198.51.100.3, 198.51.100.4 "
        "and 2 more",
    ]
    assert (status.state, len(status.fields()["inside"])) == ("not-banned", 7)


def test_fail2ban_is_down() -> None:
    """What the kernel holds is known; what it does not hold is unknown, and never "not banned"."""
    held = row("198.51.100.7", state="unwatched", jail=None, ban=None)

    assert AddressStatus("198.51.100.7", NOW, (held,), trouble="gone").state == "banned"
    status = AddressStatus("198.51.100.7", NOW, trouble="gone")
    assert list(status.lines()) == [
        "198.51.100.7 is in no kernel set; fail2ban is down, which may hold a ban of it: gone"
    ]
    assert (status.state, status.fields()["error"]) == ("unknown", "fail2ban is down: gone")
