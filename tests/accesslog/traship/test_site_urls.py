"""Whether the site itself would answer a path that looks like a scanner's."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from ideolab_accesslog.traship import site_urls


def page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page")


urlpatterns = [path("shop/index.php", page), path("old.cgi/", page), *i18n_patterns(path("wp-admin/", page))]
_LOCALE = "django.middleware.locale.LocaleMiddleware"


def asked(target: str) -> bool:
    return site_urls.is_served(RequestFactory().get(target))


@override_settings(ROOT_URLCONF=__name__)
def test_a_page_of_the_sites() -> None:
    """Also with the slash that APPEND_SLASH would add."""
    assert asked("/shop/index.php")
    assert asked("/old.cgi/")
    assert asked("/old.cgi")
    assert not asked("/shop/other.php")
    with override_settings(APPEND_SLASH=False):
        assert not asked("/old.cgi")


@override_settings(ROOT_URLCONF=__name__, LANGUAGES=[("en", "English"), ("fr", "French")])
def test_pages_in_languages() -> None:
    """LocaleMiddleware reads the language later, and leads to it where it is missing."""
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, _LOCALE]):
        assert asked("/fr/wp-admin/")
        assert asked("/en/wp-admin/")
        assert asked("/wp-admin/")
        assert not asked("/fr/wp-login.php")


def test_the_admin_does_not_have_what_it_leads_to_the_login() -> None:
    """Its last pattern takes everything below /admin/."""
    assert asked("/admin/")
    assert asked("/admin/ideolab_accesslog/traship/")
    assert not asked("/admin/phpinfo.php")


def test_a_urlconf_that_fails() -> None:
    """Is the site's matter: the request goes on."""
    request = RequestFactory().get("/x.php")
    request.urlconf = "tests.accesslog.no_such_urlconf"

    assert site_urls.is_served(request)


def test_files_are_not_judged_by_their_names() -> None:
    """Below STATIC_URL and MEDIA_URL."""
    with override_settings(STATIC_URL="/static/", MEDIA_URL="/media/"):
        assert not site_urls.is_decidable_early("/static/x/index.php")
        assert not site_urls.is_decidable_early("/media/backup.sql")
        assert site_urls.is_decidable_early("/staticx/index.php")


@pytest.mark.parametrize(
    "changed",
    [
        {"TRASHIP_BLOCK_EARLY": False},
        {"WHITENOISE_ROOT": "/srv/root"},
        {"MIDDLEWARE": ["django.contrib.flatpages.middleware.FlatpageFallbackMiddleware"]},
        {"MIDDLEWARE": ["django.contrib.redirects.middleware.RedirectFallbackMiddleware"]},
        {"MIDDLEWARE": ["wagtail.contrib.redirects.middleware.RedirectMiddleware"]},
    ],
)
def test_sites_whose_patterns_do_not_tell_all(changed: dict[str, Any]) -> None:
    """There only the response tells."""
    assert site_urls.is_decidable_early("/index.php")
    with override_settings(**changed):
        assert not site_urls.is_decidable_early("/index.php")
