"""Checks the timers that renew the lists, and put them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from ideolab_f2b.check.boot import ENABLED, ask_systemd
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.places import runs_systemd


def timer(unit: str, does: str, without: str) -> Iterator[Verdict]:
    """Check that systemd starts a timer; nothing is said of a host without systemd.

    `does`: what the timer does; `without`: what comes where it is off.
    """
    if runs_systemd():
        yield judge(unit, (ask_systemd([unit]) or {}).get(unit), does, without)


def judge(unit: str, state: Optional[str], does: str, without: str) -> Verdict:
    """Return the verdict by what systemd says of the timer, None for nothing. Pure."""
    check = f"boot {unit}"
    if state is None:
        return unknown(check, "systemctl does not say whether it runs")
    if state in ENABLED:
        return ok(check, does)
    what = f"does not start ({state or 'it has no unit'}): {without}"
    return wrong(check, what, f"systemctl enable --now {unit}")
