"""The sources of ideolab_f2b.prom: the actions of all jails register here, the exporter collects."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Callable

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.metrics import Sample

#: the samples of one source, each time it is asked; counters count from the start of this process
Source = Callable[[], "list[Sample]"]

#: seconds after which fail2ban.log says again that a source fails
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-report")
_complaint = Complaint(_log.error, SAY_AGAIN_S)
_lock = threading.Lock()
#: held while sources are asked: what one counts while it leaves would be in the sums twice, or not at all
_asking = threading.Lock()
_sources: dict[str, Source] = {}
#: counters of the sources that are gone: a jail that is removed must not take its share of a sum along
_kept: list[Sample] = []
#: the counters that each source told last: a sum must not fall while one of its sources fails
_last: dict[str, list[Sample]] = {}
#: errors by source since the start of this process; also of sources that are gone
_errors: dict[str, int] = {}
ERRORS = "ideolab_f2b_metric_source_errors_total"


def add(name: str, source: Source) -> None:
    """Take part under a name of one's own; the same name again replaces the source."""
    with _lock:
        if _sources.get(name) != source:
            _last.pop(name, None)
        _sources[name] = source
        # a counter that begins above 0 hides its first step from increase()
        _errors.setdefault(name, 0)


def remove(name: str) -> None:
    """Take no part any more; what was counted stays in the sums. Nothing when there is no such source."""
    global _kept
    with _asking:
        with _lock:
            source = _sources.get(name)
        if source is None:
            return
        counters = _counters(_ask(name, source))
        with _lock:
            # another one may have taken its name meanwhile
            if _sources.get(name) == source:
                del _sources[name]
                _last.pop(name, None)
            _kept = merge([*_kept, *counters])


def collect() -> list[Sample]:
    """The samples of all sources, one for each metric.

    A source that fails is counted in ERRORS; its gauges are left out, its counters are those it told last.
    """
    with _asking:
        with _lock:
            sources, kept = list(_sources.items()), list(_kept)
        found = [*kept, *(sample for name, source in sources for sample in _ask(name, source))]
    return merge([*found, *_error_samples()])


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


def _ask(name: str, source: Source) -> list[Sample]:
    try:
        samples = source()
    except Exception as error:
        with _lock:
            _errors[name] = _errors.get(name, 0) + 1
            last = _last.get(name, [])
        _complaint.say(f"no metrics of {name}: {error!r}", name)
        return last
    with _lock:
        if _sources.get(name) == source:
            _last[name] = _counters(samples)
    return samples


def _counters(samples: Iterable[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.kind == "counter"]


def _error_samples() -> list[Sample]:
    with _lock:
        values: dict[tuple[str, ...], float] = {
            (name,): float(count) for name, count in sorted(_errors.items())
        }
    text = "How often the numbers of a jail's action could not be read."
    return [Sample(ERRORS, text, "counter", ("source",), values)] if values else []
