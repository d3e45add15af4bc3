"""System checks: numbered, each with the way out. docs/django.md lists them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import InvalidCacheBackendError
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections
from django.utils import timezone

from ideolab_accesslog.conf import ROWS, SETTINGS, conf
from ideolab_accesslog.setting_types import Choice, ListOf, Number

MIDDLEWARE = "ideolab_accesslog.middleware.AccessLogMiddleware"
FORMER_HANDLER = "ideolab_accesslog.feed.TrashipHandler"
HANDLER = "ideolab_accesslog.handlers.TrashipHandler"
#: newest requests that tell whether everybody has one address
NEWEST = 500
#: fewer requests than these say nothing
FEWEST = 100


def _error(number: int, text: str, hint: str) -> CheckMessage:
    return Error(text, hint=hint, id=f"ideolab_accesslog.E{number:03}")


def _warning(number: int, text: str, hint: str) -> CheckMessage:
    return Warning(text, hint=hint, id=f"ideolab_accesslog.W{number:03}")


def _as_list(check: Callable[[], Iterator[CheckMessage]]) -> Callable[..., list[CheckMessage]]:
    def run(app_configs: Any = None, **_others: Any) -> list[CheckMessage]:
        return list(check())

    run.__name__ = check.__name__
    return run


@register()
@_as_list
def values() -> Iterator[CheckMessage]:
    """E001-E003, W001, W010, W011: is every setting one that the app understands?"""
    for name, kind, _default, _help in SETTINGS:
        value = getattr(conf, name)
        if kind.accepts(value):
            continue
        if isinstance(kind, Choice):
            yield _error(1, f"{name} is {value!r}", kind.hint)
        elif isinstance(kind, Number):
            yield _error(2, f"{name} is {value!r}", kind.hint)
        elif isinstance(kind, ListOf) and isinstance(value, (str, bytes)):
            yield _error(3, f"{name} is one text", f"Write a list: [{value!r}].")
        else:
            yield _warning(11, f"{name} is {value!r}", kind.hint)
    for name in [name for name in dir(settings) if name.startswith(("ACCESSLOG_", "TRASHIP_"))]:
        if name not in ROWS:
            yield _warning(
                1, f"{name} is no setting of ideolab_accesslog", "Is it misspelt? See docs/settings.md."
            )
        elif _is_valid(name) and getattr(conf, name) != getattr(settings, name):
            yield _warning(
                10,
                f"{name} is {getattr(settings, name)!r}, the former name of {getattr(conf, name)!r}",
                f"Write {getattr(conf, name)!r}; both mean the same.",
            )


def _is_valid(*names: str) -> bool:
    """Return whether these settings have values of their types; where not, E001-E003 and W011 say so."""
    return all(ROWS[name].type.accepts(getattr(conf, name)) for name in names)


@register()
@_as_list
def proxies() -> Iterator[CheckMessage]:
    """E004, E005: whose X-Forwarded-For is believed?"""
    if not _is_valid("ACCESSLOG_TRUSTED_PROXIES"):
        return
    for text in conf.ACCESSLOG_TRUSTED_PROXIES:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            yield _error(
                4, f"ACCESSLOG_TRUSTED_PROXIES holds {text!r}", "Write networks: 10.0.0.0/8, 2001:db8::7."
            )
            continue
        if network.prefixlen == 0:
            yield _error(
                5,
                f"ACCESSLOG_TRUSTED_PROXIES holds {text!r}: every visitor is a trusted proxy",
                "Anybody could get anybody banned. Name the addresses of your proxies only.",
            )


@register()
@_as_list
def middleware() -> Iterator[CheckMessage]:
    """W002, W003: is the middleware there, once, and early enough?"""
    if not (conf.ACCESSLOG_ENABLED or conf.TRASHIP_ENABLED):
        return
    names = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in names:
        yield _warning(2, "the middleware is not in MIDDLEWARE: nothing is logged", f"Add {MIDDLEWARE!r}.")
        return
    late = [name for name in names[: names.index(MIDDLEWARE)] if name.endswith(_BELOW)]
    if late or names.count(MIDDLEWARE) > 1:
        yield _warning(
            3,
            f"the middleware stands after {', '.join(late)}" if late else "the middleware is there twice",
            "Put it first, or right after SecurityMiddleware: then a blocked request costs nothing.",
        )


#: middleware that asks for a session or runs code of the site
_BELOW = ("SessionMiddleware", "AuthenticationMiddleware", "CommonMiddleware", "CsrfViewMiddleware")


@register()
@_as_list
def cache() -> Iterator[CheckMessage]:
    """E006, W004: do the processes of the site see each other's 404s?"""
    if not conf.TRASHIP_ENABLED or not _is_valid("TRASHIP_CACHE"):
        return
    try:
        backend = caches[conf.TRASHIP_CACHE]
    except InvalidCacheBackendError:
        yield _error(6, f"TRASHIP_CACHE is {conf.TRASHIP_CACHE!r}", "Name an alias of CACHES.")
        return
    if isinstance(backend, (LocMemCache, DummyCache)) and not settings.DEBUG:
        yield _warning(
            4,
            f"the cache {conf.TRASHIP_CACHE!r} belongs to one process: 404 bursts are counted per process",
            "Use Redis, Memcached, a database or a file cache, or set TRASHIP_CACHE to such an alias.",
        )


@register()
@_as_list
def logs() -> Iterator[CheckMessage]:
    """W005: can the lines for fail2ban be written?"""
    is_manual = conf.TRASHIP_FIREWALL_EXECUTE and conf.TRASHIP_FIREWALL_TRANSPORT == "log"
    # without TRASHIP_LOG the lines are not wanted, without TRASHIP_MANUAL_LOG a ban fails
    used = {"TRASHIP_LOG": conf.TRASHIP_ENABLED and conf.TRASHIP_LOG, "TRASHIP_MANUAL_LOG": is_manual}
    for name in [name for name, is_used in used.items() if is_used and _is_valid(name)]:
        value = getattr(conf, name)
        if not value or not _can_write(Path(value)):
            fault = f"{value} cannot be written by this user" if value else "it is empty"
            yield _warning(
                5,
                f"{name}: {fault}: fail2ban gets no lines",
                "Run `sudo scripts/install --django USER`, or see docs/traship.md for owner and mode.",
            )


def _can_write(path: Path) -> bool:
    # os.path: a directory that this user may not look into counts as missing, and raises nothing
    return os.access(path if os.path.exists(path) else path.parent, os.W_OK)


@register()
@_as_list
def former_path() -> Iterator[CheckMessage]:
    """W012: does LOGGING name TrashipHandler where earlier versions had it? Python hides the deprecation."""
    if FORMER_HANDLER in repr(settings.LOGGING):
        yield _warning(
            12,
            f"LOGGING names {FORMER_HANDLER}, the former path",
            f"Write {HANDLER}; both are the same class.",
        )


@register()
@_as_list
def spool() -> Iterator[CheckMessage]:
    """W009: can the spool be written, where rows go there?"""
    if not conf.ACCESSLOG_ENABLED or conf.ACCESSLOG_SINK != "spool" or not _is_valid("ACCESSLOG_SPOOL"):
        return
    wanted = Path(conf.ACCESSLOG_SPOOL)
    # os.path, as in _can_write
    nearest = next(path for path in (wanted, *wanted.parents) if os.path.exists(path))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield _warning(
            9,
            f"ACCESSLOG_SPOOL: {wanted} cannot be written by this user: every row is dropped",
            f"Run `install -d -o USER -m 750 {wanted}` as root, for the user of the site's processes.",
        )


@register()
@_as_list
def firewall() -> Iterator[CheckMessage]:
    """W006, W007: can what the admin clicks be done here?"""
    if not conf.TRASHIP_FIREWALL_EXECUTE:
        if conf.TRASHIP_AUTO_BAN:
            yield _warning(
                7,
                "TRASHIP_AUTO_BAN is on, TRASHIP_FIREWALL_EXECUTE is off: a ban only gives a 403",
                "Set TRASHIP_FIREWALL_EXECUTE = True on the host whose firewall shall drop banned addresses.",
            )
        return
    if sys.platform == "win32":
        yield _warning(6, "TRASHIP_FIREWALL_EXECUTE: Windows has no ipset", "Set it to False here.")
    elif conf.TRASHIP_FIREWALL_TRANSPORT == "helper" and _is_valid("TRASHIP_FIREWALL_HELPER"):
        words = map(str, conf.TRASHIP_FIREWALL_HELPER)
        missing = [word for word in words if word[:1] == "/" and not os.path.exists(word)]
        if missing:
            yield _warning(
                6,
                f"TRASHIP_FIREWALL_HELPER: {', '.join(missing)} does not exist",
                "Run `sudo scripts/install --sudo-for USER`, and see docs/firewall.md.",
            )


@register(Tags.database)
def one_address(app_configs: Any = None, databases: Any = None, **_others: Any) -> list[CheckMessage]:
    """W008: does every request come from one private address? Then the real ones are in a header."""
    alias = conf.ACCESSLOG_DATABASE
    if alias not in (databases or ()) or conf.ACCESSLOG_TRUSTED_PROXIES:
        return []
    try:
        found = _addresses(alias)
    except DatabaseError:
        # not migrated yet
        return []
    if len(set(found)) != 1 or len(found) < FEWEST or not ip_address(found[0]).is_private:
        return []
    return [
        _warning(
            8,
            f"the last {len(found)} requests all came from {found[0]}: that is a proxy, not a visitor",
            "Name it in ACCESSLOG_TRUSTED_PROXIES, and let it set X-Forwarded-For (docs/django.md).",
        )
    ]


def _addresses(alias: str) -> list[str]:
    from ideolab_accesslog.models import AccessLog

    if AccessLog._meta.db_table not in connections[alias].introspection.table_names():
        return []
    since = timezone.now() - timedelta(days=7)
    rows = AccessLog.objects.using(alias).filter(ts__gte=since, ip__isnull=False)
    return list(rows.order_by("-ts").values_list("ip", flat=True)[:NEWEST])
