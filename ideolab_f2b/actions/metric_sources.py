"""Who has numbers for ideolab_f2b.prom: the actions of all jails register here, the exporter collects."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Callable

from ideolab_f2b.metrics import Sample

#: the samples of one source, each time it is asked; counters count from the start of this process
Source = Callable[[], "list[Sample]"]

_lock = threading.Lock()
_sources: dict[str, Source] = {}
#: counters of the sources that are gone: a jail that is removed must not take its share of a sum along
_kept: list[Sample] = []
_failed = 0


def add(name: str, source: Source) -> None:
    """Take part under a name of one's own; the same name again replaces the source."""
    with _lock:
        _sources[name] = source


def remove(name: str) -> None:
    """Take no part any more; what was counted stays in the sums. Nothing when there is no such source."""
    global _kept
    with _lock:
        source = _sources.pop(name, None)
    if source is None:
        return
    counters = [sample for sample in _asked(source) if sample.kind == "counter"]
    with _lock:
        _kept = merge([*_kept, *counters])


def collect() -> list[Sample]:
    """The samples of all sources, one for each metric; a source that fails is counted and left out."""
    with _lock:
        sources, kept = list(_sources.values()), list(_kept)
    return merge([*kept, *(sample for source in sources for sample in _asked(source))])


def failed() -> int:
    """How often a source failed since the start of this process."""
    return _failed


def merge(samples: Iterable[Sample]) -> list[Sample]:
    """One sample for each name, in the order of their first; values of the same labels are added. Pure."""
    merged: dict[str, Sample] = {}
    for sample in samples:
        first = merged.setdefault(sample.name, sample._replace(values={}))
        values = dict(first.values)
        for labels, value in sample.values.items():
            values[labels] = values.get(labels, 0.0) + value
        merged[sample.name] = first._replace(values=values)
    return list(merged.values())


def _asked(source: Source) -> list[Sample]:
    global _failed
    try:
        return source()
    except Exception:
        with _lock:
            _failed += 1
        return []
