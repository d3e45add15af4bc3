"""wait_until returns at once when it can, and says what it waited for when it cannot."""

from __future__ import annotations

import time

import pytest

from demo.lab.error import LabError
from demo.lab.wait import ENOUGH_S, wait_until


def test_what_is_ready_is_not_waited_for() -> None:
    """It is asked three times, a hundredth of a second apart."""
    answers = iter([0, "", "ready"])
    begun = time.monotonic()

    wait_until(lambda: next(answers), "never said", every_s=0.01)

    assert time.monotonic() - begun < ENOUGH_S / 2


def test_what_is_never_ready_is_named() -> None:
    """The message is made when it is needed: it often asks the program that hangs."""
    with pytest.raises(LabError, match=r"^0 s have passed: no answer$"):
        wait_until(lambda: False, lambda: "no answer", timeout_s=0.05)


def test_what_has_ended_is_not_waited_for() -> None:
    """A daemon that died says so at once."""
    with pytest.raises(LabError, match=r"^it ended: nginx is not listening$"):
        wait_until(lambda: False, "nginx is not listening", is_alive=lambda: False)


def test_a_wait_is_shorter_than_the_time_of_a_test(request: pytest.FixtureRequest) -> None:
    """Its message comes before pytest ends the test without one."""
    assert float(request.config.getoption("--timeout")) >= 3 * ENOUGH_S
