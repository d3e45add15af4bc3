"""Would the site itself answer this path? Its own pages are never an offence, whatever they are called."""

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


def is_known_before(path: str) -> bool:
    """Whether a path may be refused before the site was asked: not where files and fallbacks answer."""
    return not _is_late() and not path.startswith(_file_prefixes())


@cached
def _is_late() -> bool:
    """Whether only the response tells what the site has."""
    if not conf.TRASHIP_BLOCK_EARLY or getattr(settings, "WHITENOISE_ROOT", None):
        return True
    return any(_FALLBACK.search(name.rpartition(".")[2]) for name in settings.MIDDLEWARE)


@cached
def _file_prefixes() -> tuple[str, ...]:
    """Where a middleware or a view serves files, whose names tell nothing."""
    urls = (settings.STATIC_URL, settings.MEDIA_URL)
    return tuple(url for url in urls if url and url.startswith("/") and url != "/")


def is_the_sites(request: HttpRequest) -> bool:
    """Whether a URL pattern takes the path, also with a slash at its end or a language before it."""
    urlconf = getattr(request, "urlconf", None)
    path = request.path_info
    try:
        return _is_valid(path, urlconf) or (_speaks() and _is_valid_abroad(path, urlconf))
    except Exception:
        # a URLconf that fails is for the site to tell
        return True


def _is_valid(path: str, urlconf: Any) -> bool:
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


def _is_valid_abroad(path: str, urlconf: Any) -> bool:
    """As LocaleMiddleware, which runs later, will see it."""
    language: Optional[str] = translation.get_language_from_path(path)
    with translation.override(language or settings.LANGUAGE_CODE):
        return _is_valid(path, urlconf) or (
            language is None and _is_valid(f"/{settings.LANGUAGE_CODE}{path}", urlconf)
        )


@cached
def _speaks() -> bool:
    return settings.USE_I18N and any(name.endswith(".LocaleMiddleware") for name in settings.MIDDLEWARE)
