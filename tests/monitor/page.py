"""The dashboard's JSON and the answers of a real Prometheus -> one HTML page that looks like Grafana's."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from tests.lab.prometheus import Prometheus, Series
from tests.monitor import plot, unit

WIDTH, ROW = 1500, 30
_GAP = 6
_COLUMN = WIDTH / 24
_PAINT = {"green": "#37872d", "orange": "#c4621b", "red": "#b3202f", "blue": "#1f60c4"}
_STYLE = Path(__file__).with_name("page.css").read_text()


class Window(NamedTuple):
    """What the page shows: epoch seconds."""

    start: float
    end: float

    @property
    def step(self) -> float:
        """Seconds between two points of a graph."""
        return max(1.0, round((self.end - self.start) / 150))


class Page(NamedTuple):
    """The page, its height in pixels, and the queries that gave no number: (panel, PromQL)."""

    html: str
    height: int
    empty: list[tuple[str, str]]


def _ask(prometheus: Prometheus, target: Mapping[str, Any], window: Window) -> list[Series]:
    expr = target["expr"].replace("$__range", f"{window.end - window.start:.0f}s")
    if target["instant"]:
        return prometheus.now(expr, window.end)
    return prometheus.over(expr, window.start, window.end, window.step)


def _name(legend: str, series: Series) -> str:
    return re.sub(r"{{(\w+)}}", lambda hit: series.labels.get(hit[1], ""), legend)


def _colour(value: float, defaults: Mapping[str, Any]) -> str:
    steps = defaults["thresholds"]["steps"]
    name = [step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]
    return _PAINT[name]


def _stat(panel: Mapping[str, Any], named: list[tuple[str, Series]]) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    texts = {key: value for one in defaults.get("mappings", ()) for key, value in one["options"].items()}
    tiles = []
    for name, series in named:
        value = series.points[-1][1]
        mapped = texts.get(f"{value:g}", {})
        shown = mapped.get("text") or unit.text(value, defaults["unit"])
        colour = _colour(value, defaults)
        tiles.append(f'<div style="background:{colour}">{escape(shown)}<small>{escape(name)}</small></div>')
    return f'<div class="s">{"".join(tiles)}</div>'


def _ranking(panel: Mapping[str, Any], named: list[tuple[str, Series]]) -> str:
    rows = [(name, series.points[-1][1]) for name, series in named]
    longest = max((value for _name, value in rows), default=0.0) or 1.0
    text = panel["fieldConfig"]["defaults"]["unit"]
    bars = [
        f'<div><span>{escape(name)}</span><u style="width:{max(0.5, 100 * value / longest):.1f}%"></u>'
        f"<span>{escape(unit.text(value, text))}</span></div>"
        for name, value in rows
    ]
    return f'<div class="r">{"".join(bars)}</div>'


def _lines(panel: Mapping[str, Any], named: list[tuple[str, Series]], window: Window) -> str:
    defaults, grid = panel["fieldConfig"]["defaults"], panel["gridPos"]
    steps = defaults.get("thresholds", {}).get("steps", ())
    drawn = plot.svg(
        [series.points for _name, series in named],
        (int(grid["w"] * _COLUMN - _GAP - 16), int(grid["h"] * ROW - _GAP - 62)),
        (window.start, window.end),
        defaults["unit"],
        is_stacked=defaults["custom"].get("stacking", {}).get("mode") == "normal",
        limit=steps[-1]["value"] if steps else None,
    )
    legend = "".join(
        f'<i style="background:{plot.COLOURS[number % len(plot.COLOURS)]}"></i>{escape(name)}'
        for number, (name, _series) in enumerate(named)
    )
    return f'{drawn}<div class="l">{legend}</div>'


def _panel(panel: Mapping[str, Any], named: list[tuple[str, Series]], window: Window) -> str:
    if panel["type"] == "stat":
        return _stat(panel, named)
    return _ranking(panel, named) if panel["type"] == "bargauge" else _lines(panel, named, window)


def _has_a_number(series: Series) -> bool:
    return any(not math.isnan(value) for _when, value in series.points)


def render(board: Mapping[str, Any], prometheus: Prometheus, window: Window, about: str) -> Page:
    """Draw all panels of a dashboard from what Prometheus holds."""
    cells, empty = [], []
    for panel in board["panels"]:
        grid = panel["gridPos"]
        place = f"grid-column:{grid['x'] + 1}/span {grid['w']};grid-row:{grid['y'] + 1}/span {grid['h']}"
        if panel["type"] == "row":
            cells.append(f'<h2 style="{place}">{escape(panel["title"])}</h2>')
            continue
        named = []
        for target in panel["targets"]:
            found = [series for series in _ask(prometheus, target, window) if _has_a_number(series)]
            if not found:
                empty.append((panel["title"], target["expr"]))
            named += [(_name(target.get("legendFormat", ""), series), series) for series in found]
        inside = f"<b>{escape(panel['title'])}</b>{_panel(panel, named, window)}"
        cells.append(f'<div class="p" style="{place}">{inside}</div>')
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    html = (
        f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style><h1>{escape(board["title"])}</h1>'
        f'<p>{escape(about)}</p><div id="g">{"".join(cells)}</div>'
    )
    return Page(html, rows * ROW + 75, empty)
