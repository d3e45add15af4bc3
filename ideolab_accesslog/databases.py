"""Which database a table of the app is in, where several rows have to be in one transaction.

Requests go to ACCESSLOG_DATABASE, all else where the site's routers send it.
"""

from __future__ import annotations

from django.db import router

from ideolab_accesslog.models import FirewallActionLog, Total


def firewall() -> str:
    """Return the alias of intents and audit rows, which one transaction has to hold."""
    return str(router.db_for_write(FirewallActionLog))


def totals() -> str:
    """Return the alias of the counters that accesslog_metrics shows."""
    return str(router.db_for_write(Total))
