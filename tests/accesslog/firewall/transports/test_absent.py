"""Hosts without a way to the firewall."""

from __future__ import annotations

import pytest

from ideolab_accesslog.firewall.transports import absent
from ideolab_accesslog.firewall.transports.order import Order

VICTIM = "198.51.100.7"
ORDERS = [Order("unban", VICTIM), Order("check", "2001:db8::7")]


def test_each_answer_says_what_a_person_can_do() -> None:
    """Skipped is no failure of the firewall."""
    reply = absent.run(ORDERS)

    assert {answer.state for answer in reply.answers.values()} == {"skipped"}
    assert [answer.stderr for answer in reply.answers.values()] == [
        f"manual.log can only ban, and ideolab-fw-ip is not there: run `ideolab-f2b unban {VICTIM}` as root",
        "manual.log cannot be asked, and ideolab-fw-ip is not there: run `ideolab-f2b bans` as root",
    ]
    assert absent.describe(ORDERS[0]) == ""


def test_windows_has_no_firewall_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site's own 403 is what there is."""
    monkeypatch.setattr("sys.platform", "win32")

    assert absent.run(ORDERS).find_answer(VICTIM).stderr == absent.WINDOWS
