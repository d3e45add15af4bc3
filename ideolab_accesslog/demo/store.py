"""Puts the played attack into the tables, and takes exactly its rows out again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import models, router, transaction
from django.db.models import QuerySet

from ideolab_accesslog import databases
from ideolab_accesslog.conf import conf
from ideolab_accesslog.databases.times import to_database
from ideolab_accesslog.demo import attack, places, rows
from ideolab_accesslog.demo.events import store_events, withdraw_events
from ideolab_accesslog.models import AccessLog, ConnmonEvent, FirewallActionLog, OffenceLog, TrashIP

#: rows of one statement
BATCH = 500
#: numbers of the logged-in visitors: no site has so many users; PostgreSQL's integer ends at 2,147,483,647
USERS = (2_000_000_001, 2_000_000_002, 2_000_000_003)


class Amounts(NamedTuple):
    """How many rows of each table the played attack has."""

    events: int
    requests: int
    offences: int
    addresses: int
    actions: int


def fill(count: int, now: datetime, seed: int) -> Amounts:
    """Store the played attack in place of an earlier one, and return how much that is; `now` is UTC."""
    lines = attack.make_lines(count, now, Random(seed))  # noqa: S311 (no secret is made)
    random = Random(seed)  # noqa: S311
    now = to_database(now)
    offences = list(rows.make_offences(now, random))
    scanners = rows.make_scanners(offences, now, random, has_bans=not conf.TRASHIP_FIREWALL_EXECUTE)
    with _transaction():
        _remove()
        return Amounts(
            events=store_events(lines),
            requests=_insert(_requests(), rows.make_requests(now, random, _find_users())),
            offences=_insert(OffenceLog.objects, offences),
            addresses=_insert(TrashIP.objects, scanners),
            actions=_insert(FirewallActionLog.objects, rows.make_actions(now)),
        )


def remove() -> Amounts:
    """Take the played attack out, and return how many rows that were."""
    with _transaction():
        return _remove()


def _remove() -> Amounts:
    # the addresses are for the index: without them the whole log would be read
    requests = _requests().filter(host=rows.HOST, ip__in=places.VISITORS)
    return Amounts(
        events=withdraw_events(),
        requests=_delete(requests),
        offences=_delete(OffenceLog.objects.filter(ip__in=places.SCANNERS)),
        addresses=_delete(TrashIP.objects.filter(ip__in=places.SCANNERS)),
        actions=_delete(FirewallActionLog.objects.filter(batch__in=rows.BATCHES)),
    )


@contextmanager
def _transaction() -> Iterator[None]:
    """Hold the databases of all tables until everything is stored or nothing is."""
    tables = (ConnmonEvent, OffenceLog, TrashIP, FirewallActionLog)
    aliases = {databases.requests(), *(router.db_for_write(table) for table in tables)}
    with ExitStack() as stack:
        for alias in sorted(aliases):
            stack.enter_context(transaction.atomic(using=alias))
        yield


def _requests() -> QuerySet[AccessLog]:
    return AccessLog.objects.using(databases.requests())


def _delete(found: QuerySet[Any]) -> int:
    deleted, _by_table = found.delete()
    return int(deleted)


def _insert(table: Any, items: Iterable[models.Model]) -> int:
    """Insert in batches, because one statement of SQLite has a limit; return how many."""
    stored, left = 0, iter(items)
    while batch := list(islice(left, BATCH)):
        table.bulk_create(batch)
        stored += len(batch)
    return stored


def _find_users() -> tuple[int, ...]:
    """Return numbers that no user has; none where users are not numbered so high."""
    key = get_user_model()._meta.pk
    is_number = isinstance(key, models.IntegerField) and not isinstance(key, models.SmallIntegerField)
    return USERS if is_number else ()
