"""limits: which thresholds hold while the server has room, and for whom when it has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import WIDTH, Memory, SnapshotCounts
from ideolab_f2b.connmon.phases.phase import IDLE, MUTE, PARTIAL_HELLO
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, UNKNOWN, Pressure
from ideolab_f2b.connmon.slots.finder import SlotFinder
from ideolab_f2b.connmon.suspects.limits import AddressLimits, calm_settings

SETTINGS = Connmon()
ME = bytes([198, 51, 100, 9])
CALM_LIMIT, FULL_LIMIT = SETTINGS.th_calm_ip, SETTINGS.th_hostile_ip


def counts(**phases: int) -> list[int]:
    made = [0] * WIDTH
    for name, number in phases.items():
        made[{"hellos": PARTIAL_HELLO, "mute": MUTE, "idle": IDLE}[name]] = number
    return made


def limits(state: str, before: int = 0, answers: int = 0) -> AddressLimits:
    """Limits where ME held so many slots when there was room, and was answered so often."""
    slots = SlotFinder(SETTINGS)
    seen = SnapshotCounts(
        {ME: counts(idle=before or 9)}, exchanges=[ME] * answers, memory=Memory(100.0)
    )  # fmt: skip
    if before or answers:
        slots.note(seen, Pressure(CALM, before, 0, "unknown", 0, 0, "", 0.0), 100.0)
    return AddressLimits(SETTINGS, calm_settings(SETTINGS), state, slots)


@pytest.mark.parametrize(
    ("state", "hellos", "limit"),
    [
        pytest.param(CALM, 0, CALM_LIMIT, id="calm"),
        pytest.param(BUSY, 0, CALM_LIMIT, id="busy"),
        pytest.param(CALM, FULL_LIMIT - 1, CALM_LIMIT, id="calm, a few half hellos"),
        pytest.param(CALM, FULL_LIMIT, FULL_LIMIT, id="calm, many half hellos"),
        pytest.param(EXHAUSTED, 0, FULL_LIMIT, id="exhausted"),
        pytest.param(UNKNOWN, 0, FULL_LIMIT, id="a saved text"),
    ],
)
def test_the_limit_of_an_address(state: str, hellos: int, limit: int) -> None:
    """Half hellos have one limit in any state; nothing but the limit changes."""
    chosen = limits(state).choose(ME, counts(hellos=hellos, mute=10))

    assert chosen == replace(SETTINGS, th_hostile_ip=limit)


@pytest.mark.parametrize(("before", "limit"), [(10, CALM_LIMIT), (4, FULL_LIMIT)])
def test_who_was_there_is_judged_as_when_there_was_room(before: int, limit: int) -> None:
    """A full server is the fault of who came, not of who held as much before."""
    chosen = limits(EXHAUSTED, before).choose(ME, counts(mute=10))

    assert chosen.th_hostile_ip == limit


@pytest.mark.parametrize(
    ("state", "answers", "is_spared"),
    [(CALM, 10, True), (CALM, 0, False), (EXHAUSTED, 10, False), (UNKNOWN, 10, False)],
)
def test_who_is_answered_may_be_quiet(state: str, answers: int, is_spared: bool) -> None:
    """While there is room; a server without any asks who has grown."""
    assert limits(state, answers=answers).spares(ME, counts(mute=40)) == is_spared


@pytest.mark.parametrize("th_calm_ip", [1, 40, 41])
def test_a_calm_server_is_never_stricter(th_calm_ip: int) -> None:
    """An admin who raises the one limit need not think of the other."""
    settings = Connmon(th_hostile_ip=40, th_calm_ip=th_calm_ip)

    assert calm_settings(settings).th_hostile_ip == max(40, th_calm_ip)
