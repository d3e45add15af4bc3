"""What one target asked the site for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from ideolab_accesslog.dashboard.detail import requests
from ideolab_accesslog.dashboard.detail.requests import Agent, AskedPath, RequestCounts, SiteRequests
from ideolab_accesslog.models import AccessLog, OffenceLog
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.detail.test_target import make_target
from tests.accesslog.dashboard.samples import NOW


def _when(ago_s: int) -> datetime:
    return NOW - timedelta(seconds=ago_s)


def _fill() -> None:
    user = User.objects.create_user("someone")
    for ip, path, ago_s, who in (
        ("198.51.100.7", "/a\u202e", 60, None),
        ("198.51.100.7", "/a\u202e", 50, user),
        ("198.51.100.8", "/b", 40, None),
        ("198.51.100.7", "/old", 8 * 86400, None),
    ):
        AccessLog.objects.create(
            ts=_when(ago_s),
            ip=ip,
            path=path,
            method="GET",
            status_code=200,
            user=who,
            user_agent="curl/8\x1b",
        )
    OffenceLog.objects.create(
        ts=_when(30), ip="198.51.100.7", reason="sensitive_path", method="GET", path="/.env", status_code=404
    )


def _read(text: str, *, has_requests: bool = True, has_offences: bool = True) -> SiteRequests:
    target = make_target(text)
    return requests.read_requests(target, NOW, has_requests=has_requests, has_offences=has_offences)


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_paths_agents_and_counts(database: str) -> None:
    """Of the last seven days; the offences too; printable."""
    _fill()
    found = _read("198.51.100.7")

    assert requests.list_paths(found) == (
        AskedPath("/a\\u202e", 2, 200, _when(50)),
        AskedPath("/.env", 1, 404, _when(30)),
    )
    assert requests.list_agents(found) == (Agent("curl/8\\x1b", 2),)
    assert (found.counts, found.is_cut) == (RequestCounts(2, 1), False)
    assert _read("198.51.100.0/24").counts == RequestCounts(3, 1)


@pytest.mark.django_db
def test_who_may_not_see_the_tables() -> None:
    """Sees neither the rows nor their number."""
    _fill()
    without = _read("198.51.100.7", has_requests=False)

    assert ([one.path for one in without.asked], without.counts) == (["/.env"], RequestCounts(None, None))
    assert [one.path for one in _read("198.51.100.7", has_offences=False).asked] == ["/a\u202e"] * 2
    assert _read("198.51.100.7", has_requests=False, has_offences=False).asked == ()


@pytest.mark.django_db
def test_what_is_not_known(settings: Any) -> None:
    """The access log has no AS, and a log that is off has nothing: not 0."""
    _fill()
    assert _read("AS64500").counts == RequestCounts(None, None)
    settings.ACCESSLOG_ENABLED = False
    assert _read("198.51.100.7").counts == RequestCounts(None, None)


@pytest.mark.django_db
def test_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted up to a bound, and those that are read say that there are more."""
    _fill()
    monkeypatch.setattr(requests, "MOST", 1)

    found = _read("198.51.100.0/24")
    assert (len(found.asked), found.counts.count, found.is_cut) == (2, 3, True)
    # the newest one
    assert {one.path for one in found.asked} == {"/b", "/.env"}
    found = _read("198.51.100.7")
    assert (len(found.asked), found.counts.count, found.is_cut) == (2, 2, True)
    monkeypatch.setattr(requests, "COUNTED", 1)
    assert _read("198.51.100.7").counts.count == 1
