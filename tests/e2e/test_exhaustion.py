"""nginx with every connection taken by an attacker is free again as soon as he is banned."""

from __future__ import annotations

import pytest

from demo.site import Site
from tests.lab.recovery import SLOTS, measure

pytestmark = [pytest.mark.root, pytest.mark.alone]


def test_new_client_is_served_within_two_seconds_of_the_ban() -> None:
    """Half a ClientHello in each slot keeps everybody out; the ban frees all slots at once."""
    with Site("f2bt-full", connections=SLOTS) as site:
        recovery = measure(site, patience_s=10)
        full = "worker_connections are not enough" in site.nginx.error_log.read_text()

    # the ban may come before anybody was refused
    assert full
    assert recovery.banned_s <= 11.0
    assert recovery.served_s is not None
    assert recovery.served_s <= 2.0
    assert recovery.sockets == {1: 0}
