"""How far the import is behind the file, for accesslog_metrics."""

from __future__ import annotations

from pathlib import Path

from ideolab_accesslog.conf import conf
from ideolab_accesslog.events import offsets
from ideolab_accesslog.events.sources import count_behind
from ideolab_accesslog.metrics.exposition import PREFIX, Metric


def collect() -> list[Metric]:
    """Return the metric; none where nothing was ever imported, or the file cannot be seen: that is no 0."""
    offset = offsets.find(Path(conf.ACCESSLOG_EVENTS))
    behind = None if offset is None else count_behind(Path(conf.ACCESSLOG_EVENTS), offset.at, offset.read_at)
    if behind is None:
        return []
    text = "Bytes of connmon_events.jsonl that are not imported yet."
    return [Metric(f"{PREFIX}events_behind_bytes", text, "gauge", {"": behind})]
