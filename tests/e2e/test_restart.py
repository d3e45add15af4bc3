"""The attacker stays out while fail2ban restarts."""

from __future__ import annotations

import threading

import pytest

from demo.probe import is_answered
from tests.e2e.conftest import Outcome

pytestmark = [pytest.mark.root, pytest.mark.alone]

ATTACKER = "198.51.100.10"


def test_restart_lets_no_packet_of_the_attacker_in(outcome: Outcome) -> None:
    """While fail2ban is down and comes up no SYN of the attacker is answered, and the ban is held again."""
    answers: list[bool] = []
    is_over = threading.Event()

    def ask() -> None:
        with outcome.site.client.enter():
            while not is_over.is_set():
                answers.append(is_answered(ATTACKER))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        outcome.site.fail2ban.restart()
        # each jail restores its bans in a thread, after the server says that it is ready
        outcome.site.fail2ban.wait_for_log(f"Restore Ban {ATTACKER}")
    finally:
        is_over.set()
        asking.join()

    assert len(answers) >= 3
    assert not any(answers)
    assert f"Restore Ban {ATTACKER}" in outcome.site.fail2ban.log.read_text()
    assert ATTACKER in outcome.site.fail2ban.run_client("status", "ideolab-connmon").split()


def test_manual_ban_and_unban(outcome: Outcome) -> None:
    """A line in manual.log keeps an address out, and unbanip lets it in again."""
    address, fail2ban = "198.51.100.77", outcome.site.fail2ban
    with outcome.site.client.enter():
        before = is_answered(address)
        fail2ban.run_client("set", "ideolab-manual", "banip", address)
        during = is_answered(address)
        fail2ban.run_client("set", "ideolab-manual", "unbanip", address)
        after = is_answered(address)

    assert (before, during, after) == (True, False, True)
