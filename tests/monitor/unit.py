"""Grafana's units, as far as our dashboard uses them -> a short text."""

from __future__ import annotations

import math

_SUFFIX = {"short": "", "pps": " p/s", "cps": " c/s"}


def text(value: float, unit: str) -> str:
    """At most a handful of characters; KeyError for a unit that the dashboard does not use."""
    if math.isnan(value):
        return "-"
    if unit == "percentunit":
        return f"{_short(value * 100)} %"
    if unit == "s":
        return f"{_short(value * 1000)} ms" if 0 < abs(value) < 1 else f"{_short(value)} s"
    return _short(value) + _SUFFIX[unit]


def _short(value: float) -> str:
    if abs(value) >= 10_000:
        return f"{value / 1000:.0f} k"
    rounded = round(value, 1 if abs(value) >= 10 else 2)
    return f"{rounded:g}" if abs(value) < 100 else f"{value:.0f}"
