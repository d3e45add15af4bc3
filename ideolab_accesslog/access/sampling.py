"""Which answers are logged: ACCESSLOG_STATUS_CODES, the excluded paths, the admin, and the sample."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import NamedTuple, Optional

from django.apps import apps
from django.urls import ResolverMatch

from ideolab_accesslog.conf import cached, conf, drop_on_change

#: multiples of it fall evenly between 0 and 1, also every second or third of them: a page that is always
#: followed by two API calls is sampled like they are. Nobody outside can choose what is left out.
GOLDEN_RATIO = 0.6180339887498949
#: characters of a path whose part is remembered
LONGEST = 256
#: the namespace of each AdminSite's URLs, whatever its name, its prefix or the language before it
ADMIN = "admin"
#: what an open dashboard asks for every few seconds: never logged, it would be most of the log
_POLLED = frozenset({"ideolab_accesslog_security_data", "ideolab_accesslog_security_stream"})


class Limits(NamedTuple):
    """The settings in the forms that are quick to ask."""

    #: none where nothing is logged
    statuses: frozenset[int]
    prefixes: tuple[str, ...]
    extensions: tuple[str, ...]
    rate: float


def is_wanted(path_info: str, status: int) -> bool:
    """Return whether the answer with this status is logged; counts it for the sample."""
    rate = _find_rate(path_info, status)
    return rate >= 1.0 or (rate > 0.0 and is_sampled(next(_counter), rate))


def _find_rate(path_info: str, status: int) -> float:
    """Return which part of such answers is logged: 0 none, 1 all."""
    statuses, prefixes, extensions, rate = _limits()
    if status not in statuses or path_info.startswith(prefixes) or path_info.lower().endswith(extensions):
        return 0.0
    return rate


#: the same for paths that are asked for again and again: one call that is not written in Python. Only for
#: those of at most LONGEST characters, for a client chooses how long they are.
find_rate = lru_cache(maxsize=1024)(_find_rate)


def is_sampled(number: int, rate: float) -> bool:
    """Return whether the request with this number is in the sample; the same answer every time."""
    return number * GOLDEN_RATIO % 1.0 < rate


_counter = count(1)


@cached
def _limits() -> Limits:
    return Limits(
        statuses=frozenset(conf.ACCESSLOG_STATUS_CODES if conf.ACCESSLOG_ENABLED else ()),
        prefixes=tuple(map(str, conf.ACCESSLOG_EXCLUDE_PREFIXES)),
        extensions=tuple(extension.lower() for extension in conf.ACCESSLOG_EXCLUDE_EXTENSIONS),
        rate=float(conf.ACCESSLOG_SAMPLE_RATE),
    )


drop_on_change(find_rate.cache_clear)


def is_of_excluded_admin(match: Optional[ResolverMatch]) -> bool:
    """Return whether a page is one of Django's admin, and those are not logged.

    The values of an open dashboard are never logged. `match` is what the URLconf found, which knows the admin
    at any prefix; None when nothing did.
    """
    if match is None or ADMIN not in match.app_names:
        return False
    return match.url_name in _POLLED or _excludes_admin()


@cached
def _excludes_admin() -> bool:
    # a site without Django's admin may have an app of that name
    return bool(conf.ACCESSLOG_EXCLUDE_ADMIN) and apps.is_installed("django.contrib.admin")
