"""fail2ban's own list of bans, read as numbers."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fail2ban.server.banmanager import BanManager
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.ticket import BanTicket

from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.tickets import (
    BanList,
    ban_manager,
    is_of_root,
    key_of_identity,
    network_of_identity,
    parsed_key,
)
from ideolab_f2b.kernel.ipset.element import Key

A: Key = (4, 0xC6336407, 32)
B: Key = (4, 0xCB007100, 24)
C: Key = (6, 0x20010DB8 << 96, 32)
NOW = 1795359121.0


class Actions:
    """What tickets.py asks of a jail's actions."""

    def __init__(self) -> None:
        self.banManager, self.active = BanManager(), True

    def getBanTime(self) -> int:
        return int(self.banManager.getBanTime())


class Jail:
    def __init__(self) -> None:
        self.actions, self.hasFailTickets = Actions(), False

    def ban(self, identity: str, when: float, bantime: int | None = None) -> Any:
        ticket = BanTicket(identity, when)
        if bantime is not None:
            ticket.setBanTime(bantime)
        assert self.actions.banManager.addBanTicket(ticket)
        return ticket


@pytest.fixture
def jail() -> Jail:
    return Jail()


def test_addresses_networks_and_words(jail: Jail) -> None:
    """What is no address cannot be an element."""
    for identity in ("198.51.100.7", "203.0.113.9/24", "2001:db8::/32", "600"):
        jail.ban(identity, time.time())

    assert set(BanList(jail).tickets()) == {A, B, C}
    assert BanList(jail).by_family() == {"inet": 3, "inet6": 1}


def test_raw_identity_of_an_older_fail2ban() -> None:
    """0.11 leaves an F-ID as text, and so does banip anywhere what is no address."""
    assert key_of_identity("203.0.113.9/24") == B
    assert key_of_identity("2001:db8::/32") == C
    assert key_of_identity("600") is None
    assert key_of_identity(None) is None


@pytest.mark.parametrize("identity", ["203.0.113.9/40", "203.0.113.9/33", "2001:db8::/200", "2001:db8::/129"])
def test_prefix_that_no_address_has(jail: Jail, identity: str) -> None:
    """fail2ban parses any number behind the slash; it is no key, and no address to ban."""
    jail.ban(identity, time.time())
    jail.ban("198.51.100.7", time.time())

    assert parsed_key(IPAddr(identity)) is None
    assert key_of_identity(IPAddr(identity)) is None
    assert set(BanList(jail).tickets()) == {A}
    with pytest.raises(RefusedError, match="is no address and no network; nothing was banned"):
        network_of_identity(IPAddr(identity))


def test_longest_prefixes() -> None:
    """A single address and a network, as fail2ban has parsed them."""
    assert parsed_key(IPAddr("198.51.100.7")) == (4, 0xC6336407, 32)
    assert parsed_key(IPAddr("2001:db8::/128")) == (6, 0x20010DB8 << 96, 128)
    assert parsed_key(IPAddr("203.0.113.9/24")) == B
    assert parsed_key("600") is None


def test_time_that_is_left(jail: Jail) -> None:
    """The jail's time, the ticket's own, for ever, over, and longer than the kernel counts."""
    now = time.time()
    held = BanList(jail)

    left = {
        bantime: held.left_s(jail.ban(f"198.51.100.{number}", now, bantime), now + 100)
        for number, bantime in enumerate([None, 3600, -1, 99, 10_000_000], 1)
    }

    assert left == {None: 500, 3600: 3500, -1: 0, 99: -1, 10_000_000: 0}


def test_held_is_what_is_in_the_list_now(jail: Jail) -> None:
    """Lifted; made again by another ticket."""
    held = BanList(jail)
    ticket = jail.ban("198.51.100.7", time.time())
    assert held.holds(ticket)

    jail.actions.banManager.getTicketByID(ticket.getID())
    assert not held.holds(ticket)
    jail.ban("198.51.100.7", time.time())
    assert held.holds(ticket)


def test_rows_for_the_command_line(jail: Jail) -> None:
    """As fail2ban writes an address."""
    now = time.time()
    jail.ban("198.51.100.7", now)
    jail.ban("2001:db8::/32", now, -1)

    assert BanList(jail).rows() == [["198.51.100.7", now, 600], ["2001:db8::/32", now, -1]]


def test_what_root_has_banned_by_hand(jail: Jail) -> None:
    """By banip without a time, or by its own order; a line and a caller by sudo give a time only."""
    bans = ban_manager(jail.actions)
    for text, data in (
        ("198.51.100.7", {}),
        ("198.51.100.8", {"ttl": "600"}),
        ("198.51.100.9", {"ttl": "600", "root": True}),
    ):
        bans.addBanTicket(BanTicket(IPAddr(text), time.time(), data=data))

    assert BanList(jail).of_root() == ["198.51.100.7", "198.51.100.9"]
    # a login lifts the ban of any line, with or without a time: only an order of root's stays
    assert [str(ticket.getID()) for ticket in bans if is_of_root(ticket)] == ["198.51.100.9"]


def test_states_of_the_jail(jail: Jail) -> None:
    """Queued while it restores, inactive while it stops."""
    held = BanList(jail)
    assert (held.is_active, held.is_queued) == (True, False)

    jail.hasFailTickets, jail.actions.active = True, False
    assert (held.is_active, held.is_queued) == (False, True)


@pytest.mark.parametrize(
    ("identity", "network"),
    [
        (IPAddr("198.51.100.7"), "198.51.100.7/32"),
        (IPAddr("198.51.100.77/24"), "198.51.100.0/24"),
        (IPAddr("2001:db8::7"), "2001:db8::7/128"),
        (IPAddr("2001:db8::/48"), "2001:db8::/48"),
        ("198.51.100.7", "198.51.100.7/32"),
        ("198.51.100.77/24", "198.51.100.0/24"),
    ],
)
def test_network_of(identity: object, network: str) -> None:
    """fail2ban's addresses and plain text."""
    assert str(network_of_identity(identity)) == network


@pytest.mark.parametrize("identity", [IPAddr("600"), IPAddr("example.org"), "", "1.2.3", None])
def test_network_of_what_is_none(identity: object) -> None:
    """fail2ban bans any word; we do not."""
    with pytest.raises(RefusedError, match="is no address and no network; nothing was banned"):
        network_of_identity(identity)
