"""Keeps the newest offences of each address in a table that no flood can fill."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any, Callable, Generic, TypeVar

from django.db import Error, router, transaction
from django.db.models import Count, Q

from ideolab_accesslog.models import OffenceLog, TrashIP
from ideolab_accesslog.scheduler import give_back_connections

logger = logging.getLogger("ideolab_accesslog")

#: seconds between two writes: a flood costs no more of them, and SQLite has one writer at a time
FLUSH_S = 5.0
#: seconds until the next write after one that the database refused
RETRY_S = 60.0
#: rows of one address; older ones are deleted, of missing pages those beyond a half while there are
#: sensitive paths for the other: whoever has asked for one could hide it behind fifty invented pages
OF_ADDRESS = 50
#: rows of one write, and addresses that can wait for it; the oldest are left out
OF_WRITE = 500
#: rows of the table; missing pages go before sensitive paths
MOST = 100_000
#: rows after which the table is counted
COUNTED_AFTER = 1000
#: rows that are deleted from the whole table at a time
_PRUNED = 5000
#: keys of one DELETE
_CHUNK = 500
_SENSITIVE = Q(reason=TrashIP.Reason.SENSITIVE_PATH)
_Kept = TypeVar("_Kept")


class NewestOffences(Generic[_Kept]):
    """What waits for the table. One per process; used by the writer's thread alone.

    `make_row` makes a row from what `add` was given.
    """

    def __init__(
        self, make_row: Callable[[_Kept], OffenceLog], clock: Callable[[], float] = monotonic
    ) -> None:
        self._make_row, self._clock = make_row, clock
        #: {address: (its sensitive paths, its missing pages)}; who came last stands at the end
        self._waiting: dict[str, tuple[deque[_Kept], deque[_Kept]]] = {}
        self._due = 0.0
        self._uncounted = COUNTED_AFTER
        self._is_failing = False

    def add(self, address: str, offence: _Kept, *, is_sensitive: bool = False) -> None:
        """Keep an offence until the next write, the newest ones of each address."""
        waiting = self._waiting.pop(address, None)
        if waiting is None:
            waiting = (deque(), deque())
            if len(self._waiting) >= OF_WRITE:
                del self._waiting[next(iter(self._waiting))]
        sensitive, missing = waiting
        (sensitive if is_sensitive else missing).append(offence)
        if len(sensitive) + len(missing) > OF_ADDRESS:
            (missing if len(missing) > OF_ADDRESS // 2 else sensitive).popleft()
        self._waiting[address] = waiting

    def write(self, is_last: bool = False) -> None:
        """Write what waits, if it is time or the process ends; a failure costs these rows alone."""
        if not self._waiting or (self._clock() < self._due and not is_last):
            return
        waiting, self._waiting = self._waiting, {}
        share = max(1, OF_WRITE // len(waiting))
        rows = [self._make_row(one) for both in waiting.values() for one in _choose(share, *both)]
        try:
            self._store(rows, list(waiting))
        except (Error, ValueError):
            self._due = self._clock() + RETRY_S
            if not self._is_failing:
                logger.warning("offences are not kept for the admin; is the app migrated?", exc_info=True)
            self._is_failing = True
        else:
            self._due = self._clock() + FLUSH_S
            self._is_failing = False
        finally:
            give_back_connections()

    def _store(self, rows: Sequence[OffenceLog], addresses: Sequence[str]) -> None:
        alias = router.db_for_write(OffenceLog)
        table = OffenceLog.objects.using(alias)
        try:
            with transaction.atomic(using=alias):
                table.bulk_create(rows)
        except (Error, ValueError):
            # a database whose charset is not that of the web
            with transaction.atomic(using=alias):
                table.bulk_create([_to_ascii(row) for row in rows])
        prune_addresses(table, addresses)
        self._uncounted += len(rows)
        if self._uncounted >= COUNTED_AFTER:
            self._uncounted = 0
            prune_table(table)


def _choose(most: int, sensitive: deque[_Kept], missing: deque[_Kept]) -> list[_Kept]:
    """Return the newest offences of one address."""
    shares = zip((sensitive, missing), divide(most, len(sensitive), len(missing)))
    return [one for offences, share in shares for one in list(offences)[len(offences) - share :]]


def divide(most: int, sensitive: int, missing: int) -> tuple[int, int]:
    """Return how many sensitive paths and missing pages stay; each kind has a half, if there are so many."""
    of_sensitive = min(sensitive, max(most - most // 2, most - missing))
    return of_sensitive, min(missing, most - of_sensitive)


def prune_addresses(table: Any, addresses: Sequence[str]) -> None:
    """Delete all but the newest OF_ADDRESS rows of each address."""
    counts = table.filter(ip__in=addresses).order_by().values("ip")
    counts = counts.annotate(rows=Count("pk"), sensitive=Count("pk", filter=_SENSITIVE))
    for address, count, sensitive in counts.filter(rows__gt=OF_ADDRESS).values_list(
        "ip", "rows", "sensitive"
    ):
        shares = divide(OF_ADDRESS, sensitive, count - sensitive)
        for kind, share in zip((_SENSITIVE, ~_SENSITIVE), shares):
            rows = table.filter(kind, ip=address).order_by("-ts", "-pk")
            _delete(table, rows.values_list("pk", flat=True)[share : share + _CHUNK])


def prune_table(table: Any) -> None:
    """Delete the oldest rows over MOST: missing pages first, because each visitor may ask for one."""
    for rows in (table.filter(rule=""), table):
        excess = table.count() - MOST
        if excess > 0:
            _delete(table, rows.order_by("ts", "pk").values_list("pk", flat=True)[: min(excess, _PRUNED)])


def _delete(table: Any, keys: Iterable[int]) -> None:
    wanted = list(keys)
    for start in range(0, len(wanted), _CHUNK):
        table.filter(pk__in=wanted[start : start + _CHUNK]).delete()


def _to_ascii(row: OffenceLog) -> OffenceLog:
    for name in ("path", "user_agent"):
        field = OffenceLog._meta.get_field(name)
        text = getattr(row, name).encode("ascii", "backslashreplace").decode()
        setattr(row, name, text[: field.max_length])
    row.pk = None
    return row
