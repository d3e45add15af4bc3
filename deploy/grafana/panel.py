"""The kinds of panel of the dashboard: one query language, one data source, one look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Optional, Union

from grafana_foundation_sdk.builders import bargauge, common, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, ORANGE, RED, BLUE = "green", "orange", "red", "blue"
#: the height of a panel in Grafana's grid; a row of the grid is 38 pixels
STAT_HEIGHT, HEIGHT = 4, 8
Panel = Union[stat.Panel, timeseries.Panel, bargauge.Panel]
#: (from this value on, colour); the first step begins at None, below everything
Steps = Sequence[tuple[Optional[float], str]]
PLAIN: Steps = ((None, BLUE),)


class Query(NamedTuple):
    """PromQL, and what a series of it is called ({{label}} is filled in)."""

    expr: str
    legend: str


def grown(metric: str, by: str, over: str) -> str:
    """PromQL: how much our counters grew. Not increase(): it misses what a series was born with, and guesses.

    A country that attacks for the first time has a new series, which begins with its first bans. The pack's
    counters never go back, not even over a restart, so that a difference is right; the last value known of
    the day before bridges the times when nothing was scraped.
    """
    return f"sum by ({by}) ({metric} - (last_over_time({metric}[1d] offset {over}) or 0 * {metric}))"


def link(title: str, anchor: str) -> DashboardLink:
    """To a heading of docs/monitoring.md; where the docs are, the variable `docs` of the dashboard says."""
    return (
        DashboardLink(title)
        .type(DashboardLinkType.LINK)
        .icon("doc")
        .url(f"${{docs}}/monitoring.md#{anchor}")
        .target_blank(True)
    )


def _steps(steps: Steps) -> ThresholdsConfig:
    return (
        ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=colour) for value, colour in steps])
    )


def _query(query: Query, number: int, *, is_instant: bool) -> Dataquery:
    target = Dataquery().expr(query.expr).legend_format(query.legend).ref_id("ABCDEFGH"[number])
    target.datasource(DATASOURCE)
    return target.instant() if is_instant else target.range()


def _texts(texts: Mapping[float, tuple[str, str]]) -> list[ValueMap]:
    options = {f"{value:g}": ValueMappingResult(text, colour) for value, (text, colour) in texts.items()}
    return [ValueMap(options)]


def number(
    title: str,
    about: str,
    query: Query,
    unit: str = "short",
    *,
    steps: Steps = PLAIN,
    width: int = 4,
    height: int = STAT_HEIGHT,
    texts: Optional[Mapping[float, tuple[str, str]]] = None,
) -> stat.Panel:
    """The value now, on the colour of its threshold; several series stand side by side."""
    panel = stat.Panel().title(title).description(about).datasource(DATASOURCE).unit(unit)
    panel.thresholds(_steps(steps)).color_mode(kinds.BigValueColorMode.BACKGROUND)
    panel.graph_mode(kinds.BigValueGraphMode.NONE)
    if query.legend:
        panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
    if texts:
        panel.mappings(_texts(texts))
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.with_target(_query(query, 0, is_instant=True)).span(width).height(height)


def lines(
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: str = "short",
    *,
    steps: Steps = (),
    width: int = 8,
    is_stacked: bool = False,
) -> timeseries.Panel:
    """What happened over time; dashed lines at the thresholds, if there are any."""
    panel = timeseries.Panel().title(title).description(about).datasource(DATASOURCE).unit(unit)
    panel.fill_opacity(40 if is_stacked else 10).line_width(1).show_points(kinds.VisibilityMode.NEVER).min(0)
    panel.legend(common.VizLegendOptions().show_legend(True).placement(kinds.LegendPlacement.BOTTOM))
    panel.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    if is_stacked:
        panel.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    if steps:
        panel.thresholds(_steps(steps))
        panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(kinds.GraphThresholdsStyleMode.DASHED)
        )
    for index, query in enumerate(queries):
        panel.with_target(_query(query, index, is_instant=False))
    return panel.span(width).height(HEIGHT)


def ranking(
    title: str, about: str, query: Query, unit: str = "short", *, width: int = 8, steps: Steps = PLAIN
) -> bargauge.Panel:
    """One bar per series, the value now; the longest first if the query sorts."""
    panel = bargauge.Panel().title(title).description(about).datasource(DATASOURCE).unit(unit).min(0)
    panel.thresholds(_steps(steps)).color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    panel.orientation(kinds.VizOrientation.HORIZONTAL).display_mode(kinds.BarGaugeDisplayMode.BASIC)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.with_target(_query(query, 0, is_instant=True)).span(width).height(HEIGHT)
