"""What the site has beside the app: middleware, tenants, cache, logging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, register

from ideolab_accesslog.access.recorder import MIDDLEWARE
from ideolab_accesslog.checks.message import list_messages, make_error, make_warning
from ideolab_accesslog.checks.values import is_lost
from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import is_off_by_mistake

FORMER_HANDLER = "ideolab_accesslog.feed.TrashipHandler"


HANDLER = "ideolab_accesslog.handlers.TrashipHandler"


@register()
@list_messages
def middleware() -> Iterator[CheckMessage]:
    """W002, W003: is the middleware there, once, and early enough?"""
    if not (conf.ACCESSLOG_ENABLED or conf.TRASHIP_ENABLED):
        return
    names = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in names:
        yield make_warning(
            2, "the middleware is not in MIDDLEWARE: nothing is logged", f"Add {MIDDLEWARE!r}."
        )
        return
    late = [name for name in names[: names.index(MIDDLEWARE)] if name.endswith(_BELOW)]
    if late or names.count(MIDDLEWARE) > 1:
        yield make_warning(
            3,
            f"the middleware stands after {', '.join(late)}" if late else "the middleware is there twice",
            "Put it first, or right after SecurityMiddleware: then a blocked request costs nothing.",
        )


#: middleware that asks for a session or runs code of the site
_BELOW = ("SessionMiddleware", "AuthenticationMiddleware", "CommonMiddleware", "CsrfViewMiddleware")


@register()
@list_messages
def tenants() -> Iterator[CheckMessage]:
    """W013: does django-tenants keep our tables for each tenant? The thread that writes knows no tenant."""
    public = getattr(settings, "PUBLIC_SCHEMA_NAME", "public")
    types = getattr(settings, "TENANT_TYPES", {})
    apps = [*getattr(settings, "TENANT_APPS", ())]
    apps += [app for name in types if name != public for app in types[name].get("APPS", ())]
    # the app by its name, or by its configuration
    if any(str(app).partition(".")[0] == "ideolab_accesslog" for app in apps):
        yield make_warning(
            13,
            "ideolab_accesslog is an app of the tenants: rows and bans of the public schema alone count",
            "Put ideolab_accesslog into SHARED_APPS, and nowhere else (docs/django.md).",
        )


@register(deploy=True)
def testing(app_configs: Any = None, **_others: Any) -> list[CheckMessage]:
    """W014: does the site say to run tests where it is deployed? Then the other checks are silent too."""
    if not is_off_by_mistake():
        return []
    hint = "Set ACCESSLOG_TESTING in the settings of the tests alone, and import pytest_django nowhere else."
    return [make_warning(14, "as if this were a test, nothing is stored, written or banned", hint)]


@register()
@list_messages
def cache() -> Iterator[CheckMessage]:
    """W004: do the processes of the site see each other's 404s?"""
    if not conf.TRASHIP_ENABLED or is_lost("TRASHIP_CACHE"):
        return
    try:
        backend = caches[conf.TRASHIP_CACHE]
    except Exception as error:
        # the package of a backend is not installed
        hint = "Install what the backend needs, or name another alias of CACHES."
        yield make_error(6, f"TRASHIP_CACHE is {conf.TRASHIP_CACHE!r}, which cannot be used: {error}", hint)
        return
    if isinstance(backend, (LocMemCache, DummyCache)) and not settings.DEBUG:
        yield make_warning(
            4,
            f"the cache {conf.TRASHIP_CACHE!r} belongs to one process: 404 bursts are counted per process",
            "Use Redis, Memcached, a database or a file cache, or set TRASHIP_CACHE to such an alias.",
        )


@register()
@list_messages
def former_path() -> Iterator[CheckMessage]:
    """W012: does LOGGING name TrashipHandler where earlier versions had it? Python hides the deprecation."""
    if FORMER_HANDLER in repr(settings.LOGGING):
        yield make_warning(
            12,
            f"LOGGING names {FORMER_HANDLER}, the former path",
            f"Write {HANDLER}; both are the same class.",
        )
