"""Series -> one SVG in the manner of Grafana's time series panel. Pure."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from html import escape
from typing import NamedTuple, Optional

from tests.monitor import unit

COLOURS = (
    "#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2",
    "#b877d9", "#2fb5a8", "#ff9ec7", "#9fa0ab", "#c0d8ff", "#b08968",
)  # fmt: skip
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 10, 8, 22

Points = list[tuple[float, float]]


class Frame(NamedTuple):
    """The plot's size in pixels, its time in epoch seconds and its highest value."""

    width: int
    height: int
    start: float
    end: float
    top: float

    def x(self, when: float) -> float:
        """Return the place of a moment, in pixels from the left."""
        return _LEFT + (when - self.start) / (self.end - self.start) * (self.width - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Return the place of a value, in pixels from the top."""
        return self.height - _BOTTOM - value / self.top * (self.height - _TOP - _BOTTOM)


def _step(highest: float) -> float:
    """1, 2 or 5 times a power of ten, so that there are three to six lines below `highest`."""
    power = 10 ** math.floor(math.log10(highest / 4))
    return float(next(power * each for each in (1, 2, 5, 10) if power * each >= highest / 5))


def _layers(all_points: Sequence[Points], *, is_stacked: bool) -> list[tuple[Points, Points]]:
    """(lower edge, upper edge) of each series."""
    sums: dict[float, float] = {}
    layers = []
    for points in all_points:
        lower = [(when, sums.get(when, 0.0)) for when, _value in points]
        upper = [(when, below + value) for (when, value), (_when, below) in zip(points, lower)]
        if is_stacked:
            sums.update(upper)
        layers.append((lower, upper))
    return layers


def _shape(frame: Frame, layer: tuple[Points, Points], colour: str, opacity: float) -> str:
    lower, upper = (
        [
            f"{frame.x(when):.1f},{frame.y(value):.1f}"
            for when, value in edge
            if frame.start <= when <= frame.end
        ]
        for edge in layer
    )
    return (
        f'<polygon points="{" ".join(upper + lower[::-1])}" fill="{colour}" opacity="{opacity}"/>'
        f'<polyline points="{" ".join(upper)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    )


def _grid(frame: Frame, unit_name: str) -> str:
    step = _step(frame.top)
    parts = []
    for number in range(int(frame.top / step) + 1):
        y = frame.y(number * step)
        parts.append(
            f'<line x1="{_LEFT}" x2="{frame.width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        )
        label = escape(unit.text(number * step, unit_name))
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for number in range(1, 6):
        when = frame.start + (frame.end - frame.start) * number / 6
        clock = time.strftime("%H:%M:%S", time.gmtime(when))
        parts.append(
            f'<text x="{frame.x(when):.1f}" y="{frame.height - 6}" text-anchor="middle">{clock}</text>'
        )
    return "".join(parts)


def svg(
    series: Sequence[Points],
    size: tuple[int, int],
    span: tuple[float, float],
    unit_name: str,
    *,
    is_stacked: bool = False,
    limit: Optional[float] = None,
) -> str:
    """`limit` is a threshold: drawn where it is in sight."""
    known = [[point for point in points if not math.isnan(point[1])] for points in series]
    layers = _layers(known, is_stacked=is_stacked)
    highest = max((value for _lower, upper in layers for _when, value in upper), default=0.0) or 1.0
    frame = Frame(*size, *span, highest * 1.08)
    drawn = [
        _shape(frame, layer, COLOURS[number % len(COLOURS)], 0.5 if is_stacked else 0.1)
        for number, layer in enumerate(layers)
    ]
    if limit is not None and limit < frame.top:
        y = frame.y(limit)
        drawn.append(f'<line x1="{_LEFT}" x2="{size[0]}" y1="{y:.1f}" y2="{y:.1f}" class="limit"/>')
    return f'<svg width="{size[0]}" height="{size[1]}">{_grid(frame, unit_name)}{"".join(drawn)}</svg>'
