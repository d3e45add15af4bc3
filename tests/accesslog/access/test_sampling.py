"""Which answers are logged."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import resolve, reverse_lazy

from ideolab_accesslog.access.sampling import (
    LONGEST,
    find_rate,
    is_of_excluded_admin,
    is_sampled,
    is_wanted,
)
from ideolab_accesslog.middleware import AccessLogMiddleware


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/", 200, True),
        ("/cssguide/", 200, True),
        ("/", 201, False),
        ("/", 404, False),
        ("/static/x", 200, False),
        ("/media/photo", 200, False),
        ("/favicon.ico", 200, False),
        ("/robots.txt", 200, False),
        ("/app/site.CSS", 200, False),
        ("/app/font.woff2", 200, False),
        ("/app/css", 200, True),
    ],
)
def test_the_seed_s_defaults(path: str, status: int, expected: bool) -> None:
    """200 only, without assets."""
    assert is_wanted(path, status) is expected


@override_settings(
    ACCESSLOG_STATUS_CODES=[200, 500], ACCESSLOG_EXCLUDE_PREFIXES=[], ACCESSLOG_EXCLUDE_EXTENSIONS=[]
)
def test_the_settings_count() -> None:
    """Empty lists exclude nothing."""
    assert [is_wanted("/static/a.css", status) for status in (200, 404, 500)] == [True, False, True]


@override_settings(ACCESSLOG_EXCLUDE_PREFIXES=[reverse_lazy("admin:index")])
def test_a_prefix_may_be_lazy() -> None:
    """URLs are not known yet where settings are read."""
    assert [is_wanted(path, 200) for path in ("/admin/login/", "/other")] == [False, True]


@override_settings(ACCESSLOG_ENABLED=False)
def test_off_is_off() -> None:
    """ACCESSLOG_ENABLED = False logs nothing."""
    assert not is_wanted("/", 200)


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_a_sample_is_even_and_always_the_same(step: int) -> None:
    """Also of every second or third request: pages that come in a fixed order are sampled alike."""
    sample = [is_sampled(number, 0.2) for number in range(0, 10000 * step, step)]

    assert sample == [is_sampled(number, 0.2) for number in range(0, 10000 * step, step)]
    assert 1990 <= sum(sample) <= 2010


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0), (1.0, 100)])
def test_none_or_all(rate: float, expected: int) -> None:
    """The ends of the sample rate are exact."""
    with override_settings(ACCESSLOG_SAMPLE_RATE=rate):
        assert sum(is_wanted("/", 200) for _ in range(100)) == expected


def test_long_paths_are_not_remembered() -> None:
    """A client that asks for a thousand of 8 KiB each would fill the memory."""
    middleware: Any = AccessLogMiddleware(lambda _request: HttpResponse(status=404))
    find_rate.cache_clear()
    for number in range(5):
        middleware(RequestFactory().get(f"/{number}/" + "a" * LONGEST))
        middleware(RequestFactory().get(f"/{number}/"))

    assert find_rate.cache_info().currsize == 5


def test_a_page_of_the_admin_is_told_by_its_namespace() -> None:
    """Whatever its path; what no URL pattern took is no page of the admin."""
    assert [is_of_excluded_admin(match) for match in (resolve("/admin/login/"), resolve("/ok/"), None)] == [
        *(True, False, False)
    ]
    with override_settings(ACCESSLOG_EXCLUDE_ADMIN=False):
        assert not is_of_excluded_admin(resolve("/admin/login/"))


def test_an_open_dashboard_fills_no_log() -> None:
    """It asks every few seconds; its page and its details are logged as the other pages of the admin are."""
    views = ("security/data/", "security/stream/", "security/", "security/detail/")
    matches = [resolve(f"/admin/ideolab_accesslog/{view}") for view in views]
    with override_settings(ACCESSLOG_EXCLUDE_ADMIN=False):
        assert [is_of_excluded_admin(match) for match in matches] == [True, True, False, False]
