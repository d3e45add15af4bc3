"""Garbage from sixty addresses of one /64: to fail2ban they are one client."""

from __future__ import annotations

import contextlib

import pytest

from demo.attacker import connect
from demo.lab.wait import wait_until
from tests.redteam import nginx_jails

pytestmark = [pytest.mark.redteam, pytest.mark.root, pytest.mark.needs("fail2ban")]

NETWORK, HONEST = "2001:db8:c:7", "2001:db8:c:8"


def test_sixty_addresses_are_one_ban_of_their_64() -> None:
    """One piece of garbage from each; a neighbour who does it twice is not banned."""
    with nginx_jails.guarded("f2brt-64") as (place, fail2ban):
        with place.client.enter():
            for number in range(1, 61):
                for address in [f"{NETWORK}::{number:x}"] + [f"{HONEST}::{number:x}"] * (number < 3):
                    # the ban may come while we go on
                    with contextlib.suppress(OSError), connect(address, 1) as client:
                        client.sendall(b"\x16\x03\x01\x00\x50" + b"A" * 80)
                        client.recv(100)
                if nginx_jails.banned(place, "6")["ideolab_probe6"]:
                    break
        wait_until(lambda: nginx_jails.banned(place, "6")["ideolab_probe6"], place.log.read_text)
        found, told = nginx_jails.banned(place, "6"), fail2ban.log.read_text()

    assert found["ideolab_probe6"] == [f"{NETWORK}::/64"]
    assert f"[nginx-ideolab-probe] Ban {NETWORK}::/64" in told
    assert told.count("] Ban ") == 1
