"""What is wanted of the firewall: the rows of one call, written in one transaction, and nothing run here."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Optional, TypeVar

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ideolab_accesslog.databases import firewall as database
from ideolab_accesslog.models import FirewallActionLog, TrashIP

#: a click or a retry with the same words within this time is the same call
REPEAT_S = 10
_CHUNK = 500
_TRIES = 4
_Made = TypeVar("_Made")
State = FirewallActionLog.State
#: the audit row's own fields of an address
Row = Callable[[str], "dict[str, Any]"]


class Intent(NamedTuple):
    """What a TrashIP row wants now, and the call that said so."""

    key: int
    is_banned: bool
    until: Optional[datetime]
    batch: Optional[uuid.UUID]


@dataclass(frozen=True)
class Wish:
    """One action for all addresses of a call. `only`, asked under the lock, leaves out what changed since."""

    action: str
    actor: Any = None
    actor_name: str = ""
    seconds: Optional[int] = None
    until: Optional[datetime] = None
    reason: str = ""
    only: Optional[Callable[[Intent], bool]] = None


@dataclass(frozen=True)
class Noted:
    """The addresses whose rows wait for the call, and those that the same call had already named."""

    batch: uuid.UUID
    opened: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    #: the TrashIP rows of `opened`, where there are any
    keys: dict[str, int] = field(default_factory=dict)


def note(
    wish: Wish, addresses: Sequence[str], refused: Sequence[str], row: Row, then: Callable[[Noted], None]
) -> None:
    """Write intents and audit rows (for the refused only these); `then` is called after the commit."""

    def write() -> None:
        with transaction.atomic(using=database()):
            noted = _write(wish, addresses, refused, row)
            transaction.on_commit(lambda: then(noted), using=database())

    again(write)


def again(write: Callable[[], _Made]) -> _Made:
    """Run a transaction, and once more when the database chose it as the victim of a deadlock."""
    for turn in range(1, _TRIES + 1):
        try:
            return write()
        except OperationalError:
            if turn == _TRIES or transaction.get_connection(database()).in_atomic_block:
                raise
            time.sleep(0.02 * turn)
    raise AssertionError("unreachable")


def _write(wish: Wish, addresses: Sequence[str], refused: Sequence[str], row: Row) -> Noted:
    noted = Noted(uuid.uuid4())
    for chunk in _chunks(sorted(addresses)):
        locked = {} if wish.action == "check" else _lock(chunk, create=wish.action == "ban")
        wanted, same = _sorted_out(wish, chunk, locked)
        keys = {address: locked[address].key for address in wanted if address in locked}
        _change(wish, noted.batch, list(keys.values()))
        _audit(wish, noted.batch, wanted, row)
        noted.opened.extend(wanted)
        noted.repeated.extend(same)
        noted.keys.update(keys)
    _audit(wish, noted.batch, refused, row)
    return noted


def _sorted_out(wish: Wish, chunk: list[str], locked: Mapping[str, Intent]) -> tuple[list[str], list[str]]:
    """The addresses to act on and the repeated ones."""
    if wish.only is not None:
        chunk = [address for address in chunk if address in locked and wish.only(locked[address])]
    same = _repeated(wish, locked)
    return [address for address in chunk if address not in same], sorted(same.intersection(chunk))


def _lock(chunk: list[str], create: bool) -> dict[str, Intent]:
    # SQLite locks at the first write only, and refuses a transaction that has read before it
    _rows().filter(pk=-1).update(intent=None)
    locked = _locked(chunk)
    missing = [address for address in chunk if address not in locked]
    if create and missing:
        fresh = [TrashIP(ip=address, reason=TrashIP.Reason.MANUAL) for address in missing]
        _rows().bulk_create(fresh, ignore_conflicts=True)
        locked.update(_locked(missing))
    return locked


def _locked(chunk: list[str]) -> dict[str, Intent]:
    rows = _rows().select_for_update().filter(ip__in=chunk).order_by("pk")
    fields = rows.values_list("ip", "pk", "is_banned", "ban_until", "intent")
    return {ip: Intent(*values) for ip, *values in fields}


def _repeated(wish: Wish, locked: Mapping[str, Intent]) -> set[str]:
    """The addresses whose newest call is this very one, a moment ago, and did not fail."""
    batches = {intent.batch for intent in locked.values() if intent.batch is not None}
    if not batches:
        return set()
    rows = FirewallActionLog.objects.using(database()).filter(
        batch__in=batches,
        ip__in=list(locked),
        ts__gte=timezone.now() - timedelta(seconds=REPEAT_S),
        action=wish.action,
        bantime=wish.seconds,
        actor_name=wish.actor_name,
        reason=wish.reason,
        state__in=(State.PENDING, State.DONE, State.SKIPPED),
    )
    return {ip for ip, batch in rows.values_list("ip", "batch") if locked[ip].batch == batch}


def _change(wish: Wish, batch: uuid.UUID, keys: list[int]) -> None:
    if not keys:
        return
    changed: dict[str, Any] = {"is_banned": wish.action == "ban", "ban_until": wish.until, "intent": batch}
    if wish.action == "ban":
        changed["ban_reason"] = wish.reason
    _rows().filter(pk__in=keys).update(**changed, firewall_error="")


def _audit(wish: Wish, batch: uuid.UUID, wanted: Sequence[str], row: Row) -> None:
    shared = {"batch": batch, "actor": wish.actor, "actor_name": wish.actor_name, "action": wish.action}
    rows = [
        FirewallActionLog(ip=address, bantime=wish.seconds, reason=wish.reason, **shared, **row(address))
        for address in wanted
    ]
    FirewallActionLog.objects.using(database()).bulk_create(rows)


def _rows() -> QuerySet[Any]:
    return TrashIP.objects.using(database())


def _chunks(addresses: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(addresses), _CHUNK):
        yield addresses[start : start + _CHUNK]
