"""Which answers are logged: ACCESSLOG_STATUS_CODES, the excluded paths, and the sample."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from ideolab_accesslog.conf import cached, conf

#: multiples of it fall evenly between 0 and 1, also every second or third of them: a page that is always
#: followed by two API calls is sampled like they are. Nobody outside can choose what is left out.
GOLDEN_RATIO = 0.6180339887498949


class Limits(NamedTuple):
    """The settings in the forms that are quick to ask."""

    is_enabled: bool
    statuses: frozenset[int]
    prefixes: tuple[str, ...]
    extensions: tuple[str, ...]
    rate: float


def is_wanted(path_info: str, status: int) -> bool:
    """Return whether the answer with this status is logged; counts it for the sample."""
    limits = _limits()
    if status not in limits.statuses or not limits.is_enabled:
        return False
    if path_info.startswith(limits.prefixes) or path_info.lower().endswith(limits.extensions):
        return False
    return limits.rate >= 1.0 or is_sampled(next(_counter), limits.rate)


def is_sampled(number: int, rate: float) -> bool:
    """Return whether the request with this number is in the sample; the same answer every time."""
    return number * GOLDEN_RATIO % 1.0 < rate


_counter = count(1)


@cached
def _limits() -> Limits:
    return Limits(
        is_enabled=bool(conf.ACCESSLOG_ENABLED),
        statuses=frozenset(conf.ACCESSLOG_STATUS_CODES),
        prefixes=tuple(map(str, conf.ACCESSLOG_EXCLUDE_PREFIXES)),
        extensions=tuple(extension.lower() for extension in conf.ACCESSLOG_EXCLUDE_EXTENSIONS),
        rate=float(conf.ACCESSLOG_SAMPLE_RATE),
    )
