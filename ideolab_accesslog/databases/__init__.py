"""Which database a table of the app is in, and what that database can hold.

Requests go to ACCESSLOG_DATABASE, all else where the site's routers send it; on SQLite both go to a file of
the app's own (own.py).
"""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, router

from ideolab_accesslog.conf import conf
from ideolab_accesslog.databases import own
from ideolab_accesslog.models import ConnmonEvent, FirewallActionLog, Total


def requests() -> str:
    """Return the alias of the access log."""
    alias = str(conf.ACCESSLOG_DATABASE)
    return own.find_alias() or alias if alias == DEFAULT_DB_ALIAS else alias


def firewall() -> str:
    """Return the alias of intents and audit rows, which one transaction has to hold."""
    return str(router.db_for_write(FirewallActionLog))


def events() -> str:
    """Return the alias of events, of their counts, and of how far the file is read: one transaction."""
    return str(router.db_for_write(ConnmonEvent))


def totals() -> str:
    """Return the alias of the counters that accesslog_metrics shows."""
    return str(router.db_for_write(Total))
