"""What check says of the country list."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from ideolab_f2b.check.lists import geo
from ideolab_f2b.config import GeoSettings, Settings
from ideolab_f2b.geo import country_list
from ideolab_f2b.geo.country_list import CountryListError
from ideolab_f2b.geo.last_failure import BuildFailure
from tests.geo.test_country_list import make_list

DAY = 86400.0
ALLOW = GeoSettings("allow", ("GB", "FR"))
NOW = make_list().dated + 40 * DAY


def test_no_policy_is_no_fault(tmp_path: Path) -> None:
    """Not even with a list that somebody has built."""
    country_list.save(make_list(), tmp_path / "list")

    assert list(geo.geo(Settings(), tmp_path / "list")) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (ALLOW, "ok       geo: allow FR, GB: 2 and 2 prefixes, data of 40 days ago (tor)"),
        (
            dataclasses.replace(ALLOW, max_age_s=30 * DAY),
            "wrong    geo: allow FR, GB: 2 and 2 prefixes, data of 40 days ago (tor): max_age_s is 30 days\n"
            "         -> renew the source (docs/geo.md), then sudo ideolab-f2b geo build",
        ),
        (
            GeoSettings("deny", ("FR", "GB", "US")),
            "wrong    geo: the list is for allow FR, GB, and f2b.conf says deny FR, GB, US\n"
            "         -> sudo ideolab-f2b geo build, then sudo ideolab-f2b geo apply --confirm 60s",
        ),
        (
            GeoSettings("allow"),
            "wrong    geo: the list is for allow FR, GB, and f2b.conf says allow no country\n"
            "         -> sudo ideolab-f2b geo build, then sudo ideolab-f2b geo apply --confirm 60s",
        ),
    ],
)
def test_a_list(settings: GeoSettings, said: str) -> None:
    """It is the one of the settings, and its data is not too old."""
    assert str(geo.judge(make_list(), settings, NOW)) == said


def test_no_list(tmp_path: Path) -> None:
    """Where a policy is set it is missed."""
    said = [str(one) for one in geo.geo(Settings(geo=ALLOW), tmp_path / "list") if one.check == "geo"]

    assert said == [
        f"wrong    geo: there is no country list ({tmp_path}/list); sudo ideolab-f2b geo build\n"
        "         -> sudo ideolab-f2b geo build"
    ]


def test_what_only_root_can_see_is_unknown() -> None:
    """Never ok, and never wrong."""
    error = CountryListError("x")
    error.__cause__ = PermissionError(13, os.strerror(13), "/var/lib/ideolab-f2b/geo/list")

    assert str(geo.judge(error, ALLOW, NOW)) == (
        "unknown  geo: /var/lib/ideolab-f2b/geo/list is root's to read\n         -> sudo ideolab-f2b check"
    )


def test_the_last_build_failed() -> None:
    """Which list is in force meanwhile, if there is one."""
    failure = BuildFailure(NOW, "/geoip: larger than 1024 MB")
    found = (make_list(), CountryListError("x"))
    said = [str(one) for each in found for one in geo.judge_failure(failure, each)]

    assert said == [
        "wrong    geo: the last build, on 2026-08-04, failed: /geoip: larger than 1024 MB; the list that was"
        " built before stays in force\n         -> sudo ideolab-f2b geo build",
        "wrong    geo: the last build, on 2026-08-04, failed: /geoip: larger than 1024 MB\n"
        "         -> sudo ideolab-f2b geo build",
    ]
    assert list(geo.judge_failure(None, make_list())) == []
