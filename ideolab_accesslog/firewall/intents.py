"""Writes what is wanted of the firewall: the rows of one call, in one transaction. Runs nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Optional, TypeVar

from django.contrib.auth import get_user_model
from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ideolab_accesslog.databases import firewall as database
from ideolab_accesslog.databases.text import make_fit
from ideolab_accesslog.models import FirewallActionLog, TrashIP

#: seconds in which a click or a retry with the same words is the same call
REPEAT_S = 10
#: addresses of one statement: SQLite takes at most 999 values
_CHUNK = 500
#: how often a transaction is tried when the database ends it because of a deadlock
_TRIES = 4
#: seconds before the second try; before the third twice as many
_PAUSE_S = 0.02
_Made = TypeVar("_Made")
State = FirewallActionLog.State
#: by address the audit row's own fields: state, command, stderr
AuditFields = Mapping[str, "dict[str, str]"]


class Intent(NamedTuple):
    """What a TrashIP row wants now, and the call that said so."""

    key: int
    is_banned: bool
    until: Optional[datetime]
    batch: Optional[uuid.UUID]


@dataclass(frozen=True)
class Call:
    """One ban, unban or check of several addresses. `only` is asked under the lock, and leaves out what has
    changed since the caller looked; `said` is why no firewall is told."""

    action: str
    actor: Any = None
    actor_name: str = ""
    seconds: Optional[int] = None
    until: Optional[datetime] = None
    reason: str = ""
    said: str = ""
    only: Optional[Callable[[Intent], bool]] = None


@dataclass(frozen=True)
class WrittenCall:
    """The rows of one call. `pending`: the addresses to act on; `repeated`: those for which the same call was
    written a moment ago; `keys`: the TrashIP rows of `pending`, where there are any."""

    batch: uuid.UUID
    pending: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)


AfterCommit = Callable[[WrittenCall], object]


def write(call: Call, wanted: AuditFields, refused: AuditFields, after_commit: AfterCommit) -> WrittenCall:
    """Write the intents and audit rows of a call in one transaction; a refused address gets no intent.

    `after_commit` gets the written call when the transaction, or the one around it, is committed.
    """
    fit = make_fit(database(), FirewallActionLog)
    call = replace(call, actor_name=fit(call.actor_name), reason=fit(call.reason))
    return retry(partial(_write, call, wanted, refused, after_commit))


def retry(write_rows: Callable[[], _Made]) -> _Made:
    """Run a transaction, and again when the database chose it as the victim of a deadlock."""
    for turn in range(1, _TRIES + 1):
        try:
            return write_rows()
        except OperationalError:
            if turn == _TRIES or transaction.get_connection(database()).in_atomic_block:
                raise
            time.sleep(_PAUSE_S * turn)
    raise AssertionError("unreachable")


def _write(call: Call, wanted: AuditFields, refused: AuditFields, after_commit: AfterCommit) -> WrittenCall:
    written = WrittenCall(uuid.uuid4())
    with transaction.atomic(using=database()):
        # one order for all calls, so that two of them do not wait for each other
        for chunk in _split(sorted(wanted)):
            locked = {} if call.action == "check" else _lock(chunk, create=call.action == "ban")
            pending, repeated = _sort_out(call, chunk, locked)
            keys = {address: locked[address].key for address in pending if address in locked}
            _update_intents(call, written.batch, list(keys.values()))
            _insert_audit(call, written.batch, pending, wanted)
            written.pending.extend(pending)
            written.repeated.extend(repeated)
            written.keys.update(keys)
        _insert_audit(call, written.batch, refused, refused)
        # inside: with autocommit off, Django takes no callback outside of atomic()
        transaction.on_commit(partial(after_commit, written), using=database())
    return written


def _sort_out(call: Call, chunk: list[str], locked: Mapping[str, Intent]) -> tuple[list[str], list[str]]:
    """Return the addresses to act on and the repeated ones."""
    if call.only is not None:
        chunk = [address for address in chunk if address in locked and call.only(locked[address])]
    repeated = _find_repetitions(call, locked)
    return [address for address in chunk if address not in repeated], sorted(repeated.intersection(chunk))


def _lock(chunk: list[str], create: bool) -> dict[str, Intent]:
    # SQLite locks at the first write only, and refuses a transaction that has read before it
    _trash_ips().filter(pk=-1).update(intent=None)
    locked = _read_intents(chunk)
    missing = [address for address in chunk if address not in locked]
    if create and missing:
        fresh = [TrashIP(ip=address, reason=TrashIP.Reason.MANUAL) for address in missing]
        _trash_ips().bulk_create(fresh, ignore_conflicts=True)
        locked.update(_read_intents(missing))
    return locked


def _read_intents(chunk: list[str]) -> dict[str, Intent]:
    rows = _trash_ips().select_for_update().filter(ip__in=chunk).order_by("pk")
    fields = rows.values_list("ip", "pk", "is_banned", "ban_until", "intent")
    return {ip: Intent(*values) for ip, *values in fields}


def _find_repetitions(call: Call, locked: Mapping[str, Intent]) -> set[str]:
    """Return the addresses whose newest call is this very one, a moment ago, and did not fail."""
    batches = {intent.batch for intent in locked.values() if intent.batch is not None}
    if not batches:
        return set()
    rows = FirewallActionLog.objects.using(database()).filter(
        batch__in=batches,
        ip__in=list(locked),
        ts__gte=timezone.now() - timedelta(seconds=REPEAT_S),
        action=call.action,
        bantime=call.seconds,
        actor_name=call.actor_name,
        reason=call.reason,
        state__in=(State.PENDING, State.DONE, State.SKIPPED),
    )
    return {ip for ip, batch in rows.values_list("ip", "batch") if locked[ip].batch == batch}


def _update_intents(call: Call, batch: uuid.UUID, keys: list[int]) -> None:
    if not keys:
        return
    changed: dict[str, Any] = {"is_banned": call.action == "ban", "ban_until": call.until, "intent": batch}
    if call.action == "ban":
        changed["ban_reason"] = call.reason
    # what was confirmed of the last ban says nothing of this one
    _trash_ips().filter(pk__in=keys).update(**changed, firewall_error=call.said, applied_at=None)


def _insert_audit(call: Call, batch: uuid.UUID, addresses: Collection[str], fields: AuditFields) -> None:
    shared = {"batch": batch, "actor_id": _find_actor(call.actor), "actor_name": call.actor_name}
    shared |= {"action": call.action, "bantime": call.seconds, "reason": call.reason}
    fit = make_fit(database(), FirewallActionLog)
    rows = []
    for address in addresses:
        own = {name: fit(value) for name, value in fields[address].items()}
        rows.append(FirewallActionLog(ip=address, **shared, **own))
    FirewallActionLog.objects.using(database()).bulk_create(rows)


def _find_actor(actor: Any) -> Any:
    """Return the key of a user, who may be in another database; None for anybody else."""
    return actor.pk if isinstance(actor, get_user_model()) else None


def _trash_ips() -> QuerySet[Any]:
    return TrashIP.objects.using(database())


def _split(addresses: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(addresses), _CHUNK):
        yield addresses[start : start + _CHUNK]
