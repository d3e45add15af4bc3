"""The findings of one port at one tick."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.connmon.suspects.findings import Findings


class PortTick(NamedTuple):
    """One port at one tick: when (epoch seconds), what was found, how long it took (seconds)."""

    when: float
    port: int
    findings: Findings
    took_s: float
