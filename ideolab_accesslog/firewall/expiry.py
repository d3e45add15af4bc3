"""Lifts the bans whose time is over, in the rows and in the firewall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from ideolab_accesslog.firewall import calls, texts
from ideolab_accesslog.firewall.intents import Intent
from ideolab_accesslog.models import TrashIP

ACTOR = "unban_expired"
#: addresses of one call
_BATCH = 500


def find_ended_bans(now: datetime) -> Iterator[list[str]]:
    """Yield the addresses whose bans have ended, in batches."""
    last = 0
    while True:
        rows = TrashIP.objects.filter(is_banned=True, ban_until__lte=now, pk__gt=last).order_by("pk")
        found = list(rows.values_list("pk", "ip")[:_BATCH])
        if not found:
            return
        last = found[-1][0]
        yield [ip for _pk, ip in found]


def lift() -> Iterator[calls.CallResult]:
    """Unban them, one call of the firewall for each batch; a ban that was prolonged in between stays."""
    now = timezone.now()

    def is_over(intent: Intent) -> bool:
        return intent.is_banned and intent.until is not None and intent.until <= now

    for addresses in find_ended_bans(now):
        yield calls.unban(addresses, actor=ACTOR, reason=texts.TIME_IS_OVER, only=is_over)
