"""Finds out whether the site has a page at a path, and which of its URL patterns answered a missing one."""

from __future__ import annotations

import re
from typing import Any, Optional

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils import translation

from ideolab_accesslog.conf import cached, conf, drop_on_change

#: middlewares that answer where no URL pattern does: flat pages, redirects of a moved site
_FALLBACK = re.compile(r"fallback|redirect(?!_?to_?https)", re.I)
#: URL patterns of which is remembered what they take
PATTERNS_MAX = 1000
#: shapes of paths of one pattern that are looked at: one is enough to find what takes any path
SHAPES_MAX = 20
#: characters of the longest shape that is remembered
SHAPE_MAX = 256
_takes_all: set[tuple[Any, str]] = set()
#: {pattern: shapes of paths that showed nothing of the kind}
_looked_at: dict[tuple[Any, str], set[str]] = {}


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
    # below /app/ a MEDIA_URL that is not set reads as /app/, which is the whole site
    whole = ("", "/", get_script_prefix())
    return tuple(url for url in urls if url not in whole and url.startswith("/"))


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


def find_own_pattern(request: HttpRequest) -> str:
    """Return the URL pattern whose view said 404 itself; "" where none took the path, or one that takes all.

    Who asks `/item/<int:pk>/` for an item that is gone knows the site. A pattern such as `<path:rest>` or
    `<slug:slug>/` takes every word that a scanner tries.
    """
    match = request.resolver_match
    route = getattr(match, "route", None)
    if not route:
        return ""
    urlconf = getattr(request, "urlconf", None)
    return "" if _takes_any_path(request, urlconf, route) else str(route)


def _takes_any_path(request: HttpRequest, urlconf: Any, route: str) -> bool:
    """Return whether a pattern takes any path, as this or an earlier request shows.

    Only that it does is remembered of a pattern: else the first path would decide, whoever asks for it. Where
    nothing was seen, that is remembered for paths of the same shape.
    """
    key = (urlconf, route)
    if key in _takes_all:
        return True
    looked_at = _looked_at.get(key, set())
    others = _make_other_paths(request.path_info)
    shape = others[0][:SHAPE_MAX]
    if shape in looked_at or len(looked_at) >= SHAPES_MAX:
        return False
    language = request.__dict__.get("LANGUAGE_CODE") or settings.LANGUAGE_CODE
    with translation.override(language):
        takes_all = any(_leads_to(route, path, urlconf) for path in others)
    if len(_takes_all) + len(_looked_at) >= PATTERNS_MAX:
        _takes_all.clear()
        _looked_at.clear()
    if takes_all:
        _takes_all.add(key)
    else:
        _looked_at.setdefault(key, looked_at).add(shape)
    return takes_all


def _leads_to(route: str, path: str, urlconf: Any) -> bool:
    try:
        return bool(resolve(path, urlconf).route == route)
    except Resolver404:
        return False
    except Exception:
        # an error of the URLconf or of a converter
        return False


def _make_other_paths(path: str) -> list[str]:
    """Return paths like this one that no site has: with other words, and with one word more at the end."""
    segments = path.strip("/").split("/")
    begin = 1 if translation.get_language_from_path(path) else 0
    others = [*segments[:begin], *map(_make_word, segments[begin:])]
    longer = [*segments[:-1], _make_word(segments[-1]).partition(".")[0] or "q", *others[-1:]]
    slash = "/" if path.endswith("/") and path != "/" else ""
    return [f"/{'/'.join(words)}{slash}" for words in (others, longer, [*filter(None, segments), "q"])]


def _make_word(segment: str) -> str:
    """Return a word of the same length that stands for nothing, with the same ending."""
    stem, dot, ending = segment.rpartition(".")
    word = stem if dot else segment
    return "".join(map(_make_letter, word)) + (dot + ending if dot else "")


def _make_letter(letter: str) -> str:
    """Return a letter that is one of ASCII where this is: a slug has no other."""
    if letter.isascii():
        return "q" if letter.isalnum() else letter
    return "\N{LATIN SMALL LETTER E WITH ACUTE}" if letter.isalnum() else letter


drop_on_change(_takes_all.clear)
drop_on_change(_looked_at.clear)
