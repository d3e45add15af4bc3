"""Finds out whether the site has a page at a path: its own pages are never an offence."""

from __future__ import annotations

import re
from typing import Any, Optional

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils import translation

from ideolab_accesslog.conf import cached, conf

#: middlewares that answer where no URL pattern does: flat pages, redirects of a moved site
_FALLBACK = re.compile(r"fallback|redirect(?!_?to_?https)", re.I)


def is_decidable_early(path: str) -> bool:
    """Return whether a path may be refused before the view runs: not where files or fallbacks answer."""
    return not _is_late() and not path.startswith(_file_prefixes())


@cached
def _is_late() -> bool:
    """Return whether only the response shows what the site has."""
    if not conf.TRASHIP_BLOCK_EARLY or getattr(settings, "WHITENOISE_ROOT", None):
        return True
    return any(_FALLBACK.search(name.rpartition(".")[2]) for name in settings.MIDDLEWARE)


@cached
def _file_prefixes() -> tuple[str, ...]:
    """Return the prefixes below which files are served: their names say nothing."""
    urls = (settings.STATIC_URL, settings.MEDIA_URL)
    return tuple(url for url in urls if url and url.startswith("/") and url != "/")


def is_served(request: HttpRequest) -> bool:
    """Return whether a URL pattern takes the path, also with a slash at its end or a language before it."""
    urlconf = getattr(request, "urlconf", None)
    path = request.path_info
    try:
        return _is_served_at(path, urlconf) or (
            _has_locale_middleware() and _is_served_in_a_language(path, urlconf)
        )
    except Exception:
        # an error of the URLconf is the site's: the request goes on and shows it
        return True


def _is_served_at(path: str, urlconf: Any) -> bool:
    if _is_taken(path, urlconf):
        return True
    return bool(settings.APPEND_SLASH and not path.endswith("/") and _is_taken(f"{path}/", urlconf))


def _is_taken(path: str, urlconf: Any) -> bool:
    try:
        view = resolve(path, urlconf).func
    except Resolver404:
        return False
    # the admin takes every path below its own, to send strangers to the login
    return not (hasattr(view, "admin_site") and getattr(view, "__name__", "") == "catch_all_view")


def _is_served_in_a_language(path: str, urlconf: Any) -> bool:
    """Return whether a URL pattern takes the path as LocaleMiddleware, which runs later, will see it."""
    language: Optional[str] = translation.get_language_from_path(path)
    with translation.override(language or settings.LANGUAGE_CODE):
        return _is_served_at(path, urlconf) or (
            language is None and _is_served_at(f"/{settings.LANGUAGE_CODE}{path}", urlconf)
        )


@cached
def _has_locale_middleware() -> bool:
    return settings.USE_I18N and any(name.endswith(".LocaleMiddleware") for name in settings.MIDDLEWARE)
