"""What the tickets of a jail are in its sets."""

from __future__ import annotations

import time
from ipaddress import ip_network
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.ticket import BanTicket

from ideolab_f2b.actions.ban import elements
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.elements import Elements
from ideolab_f2b.actions.tickets import ban_manager
from ideolab_f2b.kernel.ipset.element import Key, key_of
from ideolab_f2b.kernel.ipset.error import SetFullError

ONE = ip_network("198.51.100.7/32")


def ticket(identity: object, since: float, bantime: int) -> Any:
    made = BanTicket(identity, since)
    made.setBanTime(bantime)
    return made


@pytest.fixture
def jail() -> Any:
    return Jail("jail", backend="polling")


def test_what_is_expected(jail: Any) -> None:
    """What has time left and is a network; 0 is for good."""
    now = time.time()
    for one in (
        ticket(IPAddr("198.51.100.7"), now, 600),
        ticket(IPAddr("198.51.100.8"), now, -1),
        ticket(IPAddr("198.51.100.9"), now - 700, 600),
        ticket("no address", now, 600),
    ):
        ban_manager(jail.actions).addBanTicket(one)

    found = dict(elements.list_elements(jail))
    assert 595 <= found.pop(ONE) <= 600
    assert found == {ip_network("198.51.100.8/32"): 0}


class Kernel:
    """A jail's firewall that notes what it is told, and may be full."""

    def __init__(self) -> None:
        self.added: list[tuple[Key, int]] = []
        self.asked: list[int] = []
        self.is_full = False

    def add(self, key: Key, timeout_s: int) -> None:
        if self.is_full:
            raise SetFullError(0, "add", "full")
        self.added.append((key, timeout_s))

    def require_rule(self, version: int) -> None:
        self.asked.append(version)


def test_ways_into_the_kernel(jail: Any) -> None:
    """An order asks for the rule; a ban that got longer has its new time; a full set is counted."""
    kernel, counts = Kernel(), BanCounts()
    made = Elements(jail, kernel, counts)  # type: ignore[arg-type]

    made.add_below_rule((key_of(ONE),), time.time(), -1)
    made.prolong(ticket(IPAddr("198.51.100.7"), time.time() + 1, -1))
    assert kernel.added == [(key_of(ONE), 0), (key_of(ONE), 0)]
    assert kernel.asked == [4]

    kernel.is_full = True
    with pytest.raises(SetFullError):
        made.add(key_of(ONE), time.time(), 600)
    assert counts.counts()["full"] == counts.counts()["prolonged"] == 1
