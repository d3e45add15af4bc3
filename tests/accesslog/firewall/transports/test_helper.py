"""The root helper's protocol; fake_helper.py stands in for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ideolab_accesslog.firewall.transports import helper
from ideolab_accesslog.firewall.transports.order import DONE, FAILED, FirewallAnswer, Order
from tests.accesslog.conftest import FakeKernel

VICTIM = "198.51.100.7"
SUDO = ["/usr/bin/sudo", "-n", "/usr/local/sbin/ideolab-fw-ip"]


@pytest.mark.parametrize(
    ("order", "line"),
    [
        (Order("ban", VICTIM, 86400), f"ban {VICTIM} 86400"),
        (Order("ban", VICTIM), f"ban {VICTIM} permanent"),
        (Order("unban", VICTIM), f"unban {VICTIM}"),
        (Order("check", VICTIM), f"check {VICTIM}"),
    ],
)
def test_the_lines(order: Order, line: str) -> None:
    """A ban has a time, the others none."""
    assert helper.format_line(order) == line


def test_the_command_of_the_audit(settings: Any) -> None:
    """What a person could type to do the same for this address."""
    settings.TRASHIP_FIREWALL_HELPER = SUDO

    assert helper.describe(Order("unban", VICTIM)) == (
        f"/usr/bin/sudo -n /usr/local/sbin/ideolab-fw-ip <<< 'unban {VICTIM}'"
    )


def test_it_is_installed_when_every_program_is_there(settings: Any, tmp_path: Path) -> None:
    """The helper without sudo, or sudo without the helper, is not enough."""
    settings.TRASHIP_FIREWALL_HELPER = [sys.executable, "-n", str(tmp_path / "ideolab-fw-ip")]
    assert not helper.is_installed()
    (tmp_path / "ideolab-fw-ip").touch()
    assert helper.is_installed()
    settings.TRASHIP_FIREWALL_HELPER = "ideolab-fw-ip"
    assert not helper.is_installed()


def test_one_process_answers_all_orders(kernel: FakeKernel) -> None:
    """What is done, and whether the kernel holds the address then."""
    kernel.behave("refuse", "198.51.100.8")

    reply = helper.run([Order("ban", VICTIM, 60), Order("ban", "198.51.100.8", 60)])

    assert (reply.rc, reply.stderr, kernel.calls()) == (1, "", 1)
    assert reply.answers == {
        VICTIM: FirewallAnswer(DONE, True, '{"result": "banned", "until": null, "detail": ""}'),
        "198.51.100.8": FirewallAnswer(
            FAILED,
            None,
            '{"result": "refused", "until": null, "detail": "listed in /etc/ideolab/never-ban"}',
            "refused: listed in /etc/ideolab/never-ban",
        ),
    }


def test_words_that_are_no_answer_are_left_out(settings: Any, tmp_path: Path) -> None:
    """Text, other objects, and answers to what was not asked."""
    answers = tmp_path / "answers"
    answers.write_text(
        'hello\n[1]\n{"action": "ban", "address": "::1", "result": "banned"}\n'
        f'{{"action": "check", "address": "{VICTIM}", "result": "banned"}}\n'
    )
    settings.TRASHIP_FIREWALL_HELPER = ["/bin/cat", str(answers)]
    settings.TRASHIP_FIREWALL_TIMEOUT_S = 20

    assert helper.run([Order("ban", VICTIM)]).answers == {}


def test_what_another_jail_holds(settings: Any, tmp_path: Path) -> None:
    """It is done, and says by whom; a helper of an earlier release called it refused."""
    answers = tmp_path / "answers"
    settings.TRASHIP_FIREWALL_HELPER = ["/bin/cat", str(answers)]
    settings.TRASHIP_FIREWALL_TIMEOUT_S = 20
    why = "banned by jail sshd: only root lifts that"
    for action, result, detail, held in (
        ("unban", "held", why, why),
        ("check", "held", "", "by another jail"),
        ("unban", "refused", why, why),
    ):
        record = {"action": action, "address": VICTIM, "result": result, "until": None, "detail": detail}
        answers.write_text(f"{json.dumps(record)}\n")
        found = helper.run([Order(action, VICTIM)]).answers[VICTIM]
        assert (found.state, found.applied, found.stderr, found.held) == (DONE, False, "", held)

    answers.write_text(answers.read_text().replace("banned by jail sshd", "no such thing"))
    assert helper.run([Order("unban", VICTIM)]).answers[VICTIM].state == FAILED
