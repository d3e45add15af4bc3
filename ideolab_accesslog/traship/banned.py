"""The banned addresses in memory: the thread reads them from the database, a request asks `holds`."""

from __future__ import annotations

from time import monotonic

from django.db.models import Q
from django.utils import timezone

from ideolab_accesslog.conf import drop_on_change
from ideolab_accesslog.firewall import never_ban
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.networks import network_of, parse

#: part of the thread's time that may go into reading the bans
_SHARE = 0.05

current: frozenset[str] = frozenset()
_not_before = 0.0


def refresh() -> None:
    """Read the bans from the database; when that fails, those of the last time stay."""
    global current, _not_before
    began = monotonic()
    if began < _not_before:
        return
    found = TrashIP.objects.filter(is_banned=True)
    found = found.filter(Q(ban_until=None) | Q(ban_until__gt=timezone.now()))
    current = frozenset(filter(_is_bannable, found.values_list("ip", flat=True).iterator(chunk_size=5000)))
    # a hundred thousand bans are not read every three seconds
    _not_before = monotonic() + (monotonic() - began) / _SHARE


def _is_bannable(address: str) -> bool:
    return never_ban.find_reason(parse(address)) is None


def holds(address: str) -> bool:
    """Return whether the address is banned, by itself or with its /64."""
    return address in current or (":" in address and network_of(address) in current)


def forget() -> None:
    """Forget all bans until the next refresh."""
    global current, _not_before
    current, _not_before = frozenset(), 0.0


drop_on_change(forget)
