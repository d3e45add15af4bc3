"""The banned addresses in memory: the thread reads them from the database, a request asks `holds`."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from django.db.models import Q
from django.utils import timezone

from ideolab_accesslog.conf import conf, drop_on_change
from ideolab_accesslog.firewall import never_ban
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.networks import network_of, parse

#: part of the thread's time that may go into reading the bans
_SHARE = 0.05
#: rows that are read at a time
_PAGE = 5000

current: frozenset[str] = frozenset()
_not_before = 0.0


def refresh() -> None:
    """Read the bans from the database; when that fails, those of the last time stay."""
    global current, _not_before
    if not (conf.TRASHIP_ENABLED and conf.TRASHIP_BLOCK_BANNED):
        # nobody asks for them
        return
    began = monotonic()
    if began < _not_before:
        return
    current = frozenset(filter(_is_bannable, _read()))
    # a hundred thousand bans are not read every three seconds
    _not_before = monotonic() + (monotonic() - began) / _SHARE


def _read() -> Iterator[str]:
    """Yield the addresses, page by page: a cursor is lost behind pgbouncer, and locks SQLite."""
    found = TrashIP.objects.filter(is_banned=True).order_by("pk")
    found = found.filter(Q(ban_until=None) | Q(ban_until__gt=timezone.now()))
    last = 0
    while page := list(found.filter(pk__gt=last).values_list("pk", "ip")[:_PAGE]):
        last = page[-1][0]
        yield from [ip for _pk, ip in page]


def _is_bannable(address: str) -> bool:
    try:
        return never_ban.find_reason(parse(address)) is None
    except ValueError:
        # a network that a script has put there: it holds nobody, and the others are banned all the same
        return False


def holds(address: str) -> bool:
    """Return whether the address is banned, by itself or with its /64."""
    return address in current or (":" in address and network_of(address) in current)


def forget() -> None:
    """Forget all bans until the next refresh."""
    global current, _not_before
    current, _not_before = frozenset(), 0.0


drop_on_change(forget)
