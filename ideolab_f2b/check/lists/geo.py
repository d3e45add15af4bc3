"""Checks the saved country list: that it is the one of the settings, and that its data is not old."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Optional, Union

from ideolab_f2b.check.lists.timer import timer
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import GeoSettings, Settings
from ideolab_f2b.geo import country_list, last_failure
from ideolab_f2b.geo.country_list import DEFAULT_PATH, CountryList, CountryListError
from ideolab_f2b.geo.last_failure import BuildFailure
from ideolab_f2b.geo.text import describe_age
from ideolab_f2b.places import GEO_TIMER

CHECK = "geo"
_DAY_S = 86400.0
_BUILD = "sudo ideolab-f2b geo build"
_RENEW = f"renew the source (docs/geo.md), then {_BUILD}"


def geo(settings: Settings, path: Path = DEFAULT_PATH) -> Iterator[Verdict]:
    """Check the list, and what builds it anew; no verdict where no policy is set."""
    if settings.geo.policy == "off":
        return
    try:
        found: Union[CountryList, CountryListError] = country_list.load(path)
    except CountryListError as error:
        found = error
    yield judge(found, settings.geo, time.time())
    yield from judge_failure(last_failure.read(path.parent) if path.parent.exists() else None, found)
    does = "builds the country list anew when its source has changed"
    yield from timer(GEO_TIMER, does, "the country list grows old")


def judge(found: Union[CountryList, CountryListError], settings: GeoSettings, now: float) -> Verdict:
    """Return the verdict on the list. Pure."""
    if isinstance(found, CountryListError):
        if isinstance(found.__cause__, PermissionError):
            return unknown(CHECK, f"{found.__cause__.filename} is root's to read")
        return wrong(CHECK, str(found), _BUILD)
    wanted, has = (settings.policy, set(settings.countries)), (found.policy, set(found.countries))
    if wanted != has:
        what = f"the list is for {_describe(*has)}, and f2b.conf says {_describe(*wanted)}"
        return wrong(CHECK, what, f"{_BUILD}, then sudo ideolab-f2b geo apply --confirm 60s")
    text = (
        f"{_describe(*has)}: {len(found.prefixes(4)):,} and {len(found.prefixes(6)):,} prefixes,"
        f" data of {describe_age(found.dated, now)} ({found.source.partition(':')[0]})"
    )
    if now - found.dated > settings.max_age_s:
        return wrong(CHECK, f"{text}: max_age_s is {settings.max_age_s / _DAY_S:.0f} days", _RENEW)
    return ok(CHECK, text)


def judge_failure(
    failure: Optional[BuildFailure], found: Union[CountryList, CountryListError]
) -> Iterator[Verdict]:
    """Yield a fault where the last build failed. Pure."""
    if failure is not None:
        day = time.strftime("%Y-%m-%d", time.gmtime(failure.when))
        stays = (
            "" if isinstance(found, CountryListError) else "; the list that was built before stays in force"
        )
        yield wrong(CHECK, f"the last build, on {day}, failed: {failure.error}{stays}", _BUILD)


def _describe(policy: str, countries: set[str]) -> str:
    return f"{policy} {', '.join(sorted(countries)) or 'no country'}"
