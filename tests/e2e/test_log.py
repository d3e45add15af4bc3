"""What may happen to connmon.log does not keep an attacker in."""

from __future__ import annotations

import ipaddress
import time

import pytest

from demo.attacker import SILENT, Attack
from demo.site import Site
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = [pytest.mark.root, pytest.mark.alone]

ATTACKER = "198.51.100.15"
#: the first line is spoilt by the cut one before it; the second comes with the next poll
LIMIT_S = 16.0


def test_deleted_log_and_cut_line_cost_one_poll() -> None:
    """The log is deleted under fail2ban's eyes and begins again with half a line: the attacker is banned."""
    attack = Attack(SILENT, [ATTACKER], 30)
    with Site("f2bt-log") as site:
        site.connmon.log.unlink()
        site.connmon.log.write_text("2026-11-22T14:52:01+0000 connmon: suspect 203.0.113.7 scope=ip sco")
        attack.start(site.client)
        try:
            banned_s = _banned_s(site)
        finally:
            attack.stop()
        status = site.fail2ban.run_client("status", "ideolab-connmon")

    assert banned_s <= LIMIT_S
    assert status.rpartition("Banned IP list:\t")[2].split() == [ATTACKER]


def _banned_s(site: Site) -> float:
    with site.server.enter():
        sets = Sets()
    begun = time.monotonic()
    try:
        while not sets.test("ideolab_connmon", ipaddress.ip_network(ATTACKER)):
            time.sleep(0.1)
            if time.monotonic() - begun > 2 * LIMIT_S:
                return float("inf")
    finally:
        sets.close()
    return time.monotonic() - begun
