"""Whether the app writes into the SQLite file of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import InvalidCacheBackendError
from django.core.cache.backends.db import DatabaseCache
from django.core.checks import CheckMessage, Tags, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, router

from ideolab_accesslog import databases as aliases
from ideolab_accesslog.checks.message import make_warning
from ideolab_accesslog.conf import conf
from ideolab_accesslog.databases import move, own

_HINT = "Each write of the app can fail a view that reads and then writes. "


def _is_site_file(alias: str) -> bool:
    """Return whether the alias is an SQLite file that the site uses too."""
    return alias != own.ALIAS and connections[alias].vendor == "sqlite" and _has_file(alias)


def _has_file(alias: str) -> bool:
    name = str(connections[alias].settings_dict["NAME"])
    return ":memory:" not in name and "mode=memory" not in name


@register()
def site_file(app_configs: Any = None, **_others: Any) -> list[CheckMessage]:
    """W020: will the app always write into the site's SQLite file?"""
    return list(_find_writes()) if conf.ACCESSLOG_ENABLED or conf.TRASHIP_ENABLED else []


def _find_writes() -> Iterator[CheckMessage]:
    if own.find_file() is None and _is_site_file(DEFAULT_DB_ALIAS) and _is_site_file(aliases.firewall()):
        why = "ACCESSLOG_OWN_FILE is False"
        if conf.ACCESSLOG_OWN_FILE:
            is_plain = own.is_file(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])
            why = "DATABASE_ROUTERS is set" if is_plain else "its NAME is a URI"
        yield make_warning(
            20,
            f"the app writes into the SQLite file of the site ({why})",
            f"{_HINT}Name a file for it in DATABASES[{own.ALIAS!r}] (docs/django.md, SQLite).",
        )
    try:
        cache = caches[conf.TRASHIP_CACHE]
    except (InvalidCacheBackendError, TypeError):
        # E006
        return
    if isinstance(cache, DatabaseCache) and _is_site_file(_find_alias(cache)):
        yield make_warning(
            20,
            f"the cache {conf.TRASHIP_CACHE!r} is a table in the SQLite file of the site",
            f"{_HINT}Set TRASHIP_CACHE to a cache in Redis, Memcached or files.",
        )


def _find_alias(cache: Any) -> str:
    return str(router.db_for_write(cache.cache_model_class))


@register(Tags.database)
def own_file(app_configs: Any = None, databases: Any = None, **_others: Any) -> list[CheckMessage]:
    """W021: are there rows, or the tables alone, where `migrate` has not moved them yet?"""
    file = own.find_file()
    if file is None or DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        if not _is_migrated():
            return []
        left = move.count_rows()
    except DatabaseError:
        return []
    if file.is_made and not left:
        return []
    fault = f"{left} rows of the app are still in the SQLite file of the site"
    if not file.is_made:
        fault = f"the app writes into the SQLite file of the site: {file.path} is not there"
    return [
        make_warning(21, fault, "Run `manage.py migrate`, and then start the processes of the site anew.")
    ]


def _is_migrated() -> bool:
    from ideolab_accesslog.models import FirewallActionLog

    return FirewallActionLog._meta.db_table in connections[DEFAULT_DB_ALIAS].introspection.table_names()
