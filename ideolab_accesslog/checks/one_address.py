"""Requests that all come from one address: then the real ones are in a header."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Optional

from django.core.checks import CheckMessage, Tags, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.utils import timezone

from ideolab_accesslog.checks.message import make_warning
from ideolab_accesslog.conf import conf
from ideolab_accesslog.databases import own, requests

#: newest requests that tell whether everybody has one address
NEWEST = 500


#: fewer requests than these say nothing
FEWEST = 100


@register(Tags.database)
def one_address(app_configs: Any = None, databases: Any = None, **_others: Any) -> list[CheckMessage]:
    """W008: does every request come from one private address, or from none? The real ones are in a header."""
    if not (conf.ACCESSLOG_ENABLED or conf.TRASHIP_ENABLED):
        return []
    alias = requests()
    # who asks for the site's database asks for the app's own file too
    if (DEFAULT_DB_ALIAS if alias == own.ALIAS else alias) not in (databases or ()):
        return []
    try:
        found = _addresses(alias)
    except DatabaseError:
        # not migrated yet
        return []
    known = [address for address in found if address is not None]
    if len(found) >= FEWEST and not known:
        return [
            make_warning(
                8,
                f"the last {len(found)} requests have no address: nobody is counted, and nobody banned",
                "Is there a unix socket (ACCESSLOG_TRUST_UNIX_SOCKET), and does the proxy set"
                f" {conf.ACCESSLOG_FORWARDED_HEADER}? See docs/django.md.",
            )
        ]
    if conf.ACCESSLOG_TRUSTED_PROXIES or len(set(known)) != 1 or len(known) < FEWEST:
        return []
    if not ip_address(known[0]).is_private:
        return []
    return [
        make_warning(
            8,
            f"the last {len(known)} requests all came from {known[0]}: that is a proxy, not a visitor",
            "Name it in ACCESSLOG_TRUSTED_PROXIES, and let it set X-Forwarded-For (docs/django.md).",
        )
    ]


def _addresses(alias: str) -> list[Optional[str]]:
    from ideolab_accesslog.models import AccessLog

    if AccessLog._meta.db_table not in connections[alias].introspection.table_names():
        return []
    since = timezone.now() - timedelta(days=7)
    rows = AccessLog.objects.using(alias).filter(ts__gte=since)
    return list(rows.order_by("-ts").values_list("ip", flat=True)[:NEWEST])
