"""Whether the site itself would answer a path that looks like a scanner's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import ResolverMatch, path, re_path, resolve, set_script_prefix
from django.utils import translation

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


def test_a_site_below_a_prefix_is_not_all_files() -> None:
    """A MEDIA_URL that is not set is the whole site there."""
    set_script_prefix("/app/")
    try:
        with override_settings(STATIC_URL="static/", MEDIA_URL=""):
            assert site_urls.is_decidable_early("/app/.env")
            assert not site_urls.is_decidable_early("/app/static/index.php")
    finally:
        set_script_prefix("/")


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


own_patterns = [
    path("item/<int:pk>/", page),
    path("blog/<slug:slug>/", page),
    path("files/<path:name>/info/", page),
    path("gone/", page),
    re_path(r"^(?P<year>\d{4})/(?P<slug>[-\w]+)/$", page),
    path("<slug:tenant>/order/<int:pk>/", page),
    path("files/<path:name>", page),
    re_path(r"^old/", page),
    re_path(r"^cms/((?:[\w\-]+/)*)$", page),
    path("<slug:section>/<slug:slug>/", page),
    path("page/<str:name>.html", page),
    path("<str:name>.html", page),
    path("<slug:name>.txt", page),
    path("<str:name>.txt", page),
    *i18n_patterns(path("shop/<int:pk>/", page), re_path(r"^(?P<rest>.*)$", page)),
]


def find_pattern(target: str, **attributes: str) -> str:
    request = RequestFactory().get(target)
    request.urlconf = tuple(own_patterns)
    for name, value in attributes.items():
        setattr(request, name, value)
    with translation.override(attributes.get("LANGUAGE_CODE", "en")):
        request.resolver_match = resolve(request.path_info, request.urlconf)
    return site_urls.find_own_pattern(request)


@pytest.mark.parametrize(
    ("target", "pattern"),
    [
        ("/item/7/", "item/<int:pk>/"),
        ("/blog/a-post/", "blog/<slug:slug>/"),
        ("/files/a/b/info/", "files/<path:name>/info/"),
        ("/gone/", "gone/"),
        ("/2024/a-post/", r"^(?P<year>\d{4})/(?P<slug>[-\w]+)/$"),
        ("/acme/order/7/", "<slug:tenant>/order/<int:pk>/"),
        ("/page/about.html", "page/<str:name>.html"),
        ("/en/shop/7/", "en/shop/<int:pk>/"),
        # those that take what anybody asks for
        ("/files/a/b", ""),
        ("/old/a", ""),
        ("/old/a/b/c/", ""),
        ("/cms/a/", ""),
        ("/cms/a/b/", ""),
        ("/any/thing/", ""),
        ("/any-thing-2/x_y/", ""),
        ("/about.html", ""),
        ("/en/a", ""),
        ("/en/a/b/", ""),
    ],
)
def test_a_pattern_that_knows_what_it_is_asked_for(target: str, pattern: str) -> None:
    """Its 404 is the site's own; a pattern that takes every word says nothing about who asks."""
    assert find_pattern(target) == pattern


def test_patterns_in_another_language() -> None:
    """As LocaleMiddleware has set it; the prefix is no word of the client's."""
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, _LOCALE]):
        assert find_pattern("/fr/shop/7/", LANGUAGE_CODE="fr") == "fr/shop/<int:pk>/"
        assert find_pattern("/fr/a/b", LANGUAGE_CODE="fr") == ""


def test_no_pattern() -> None:
    """A middleware or the resolver has answered, or a pattern that is empty."""
    request = RequestFactory().get("/item/7/")
    assert site_urls.find_own_pattern(request) == ""
    request.resolver_match = ResolverMatch(page, (), {})
    assert site_urls.find_own_pattern(request) == ""


@pytest.fixture
def nothing_known() -> Iterator[None]:
    """No pattern was looked at."""
    _forget_patterns()
    yield
    _forget_patterns()


def _forget_patterns() -> None:
    site_urls._takes_all.clear()
    site_urls._looked_at.clear()


@pytest.mark.parametrize("target", ["/old/", "/%C3%A9t%C3%A9.txt"])
def test_a_pattern_shows_that_it_takes_all(target: str, nothing_known: None) -> None:
    """By what it takes below the path, or with letters that the pattern before it does not take."""
    assert find_pattern(target) == ""


def test_the_first_path_decides_nothing(nothing_known: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One path may hide what the pattern takes; that is remembered for such paths alone."""
    with monkeypatch.context() as patch:
        patch.setattr(site_urls, "_leads_to", lambda *_others: False)
        assert find_pattern("/any/thing/") == "<slug:section>/<slug:slug>/"

    assert find_pattern("/any/thing/") == "<slug:section>/<slug:slug>/"
    assert find_pattern("/some/things/") == ""
    assert find_pattern("/any/thing/") == ""


def test_a_pattern_is_looked_at_once(nothing_known: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For paths of one shape, and for so many shapes; as many patterns are remembered as a site has."""
    asked: list[str] = []

    def look(_route: str, path: str, _urlconf: Any) -> bool:
        asked.append(path)
        return False

    monkeypatch.setattr(site_urls, "_leads_to", look)
    monkeypatch.setattr(site_urls, "PATTERNS_MAX", 2)
    monkeypatch.setattr(site_urls, "SHAPES_MAX", 2)
    numbers = ("/item/7/", "/item/8/", "/item/10/", "/item/11/", "/item/100/")
    for target in (*numbers, "/gone/", "/item/9/", "/gone/"):
        find_pattern(target)

    item = ["/qqqq/q/", "/item/q/q/", "/item/7/q/"]
    assert asked == [
        *item,
        *("/qqqq/qq/", "/item/qq/qq/", "/item/10/q/"),
        *("/qqqq/", "/qqqq/qqqq/", "/gone/q/"),
    ]
    find_pattern("/blog/a/")
    find_pattern("/item/7/")
    assert asked[-3:] == item
