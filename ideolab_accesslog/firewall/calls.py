"""Bans, unbans and checks: writes the rows, and after their commit makes one run for all addresses."""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Optional

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from ideolab_accesslog import networks, signals
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import answers, intents, refusals, texts, transports
from ideolab_accesslog.firewall.intents import Call, Intent, WrittenCall
from ideolab_accesslog.firewall.refusals import AsNetworks
from ideolab_accesslog.firewall.transports.order import (
    DONE,
    SKIPPED,
    FirewallAnswer,
    Order,
    RunReply,
    Transport,
)
from ideolab_accesslog.networks import Wanted

#: addresses of one call; the helper reads 10,000 lines
MOST = 5000
#: seconds of the longest ban, as in ideolab-fw-ip; longer is permanent
LONGEST_S = 10 * 365 * 86400
#: characters of a reason and of a name in an audit row
_REASON_MAX = 255
_NAME_MAX = 150
#: states of a result beyond those of an audit row
PENDING = "pending"
REFUSED = "refused"
REPEATED = "repeated"
CHANGED = "changed"
HELD = "held"
NOT_EXECUTED = texts.NOT_EXECUTED

Only = Callable[[Intent], bool]

logger = logging.getLogger("ideolab_accesslog.firewall")


@dataclass(frozen=True)
class AddressResult:
    """The result for one address.

    `state`: done, held (done, and another jail's ban still drops the address), failed, skipped (no firewall
    was told), refused (the address may not be banned), repeated (the same call was made a moment ago),
    changed (`only` left it out), or pending while an outer transaction is open. `applied`: whether the
    firewall has the address by a ban of this site; None = unknown.
    """

    address: str
    state: str
    applied: Optional[bool] = None
    detail: str = ""


@dataclass
class CallResult:
    """The results of one call, by normalised address; they are final once the transaction is committed."""

    action: str
    batch: Optional[uuid.UUID] = None
    results: dict[str, AddressResult] = field(default_factory=dict)

    def counts(self) -> Mapping[str, int]:
        """Return how many addresses are in each state."""
        counts: dict[str, int] = {}
        for result in self.results.values():
            counts[result.state] = counts.get(result.state, 0) + 1
        return counts

    def in_state(self, *states: str) -> list[AddressResult]:
        """Return the results in one of these states."""
        return [result for result in self.results.values() if result.state in states]

    def set(self, address: str, state: str, detail: str, applied: Optional[bool] = None) -> None:
        """Replace the result of one address."""
        self.results[address] = AddressResult(address, state, applied, detail)


def ban(
    addresses: Iterable[str],
    *,
    actor: Any,
    seconds: Optional[int] = None,
    until: Optional[datetime] = None,
    reason: str = "",
    spare: Collection[str] = (),
    only: Optional[Only] = None,
    as_networks: Optional[AsNetworks] = None,
) -> CallResult:
    """Ban addresses, networks and AS numbers for `seconds`, or until a time, or for ever with neither.

    `actor` is a user, or a program's name; `spare` names addresses that no ban may hit, such as the one that
    the admin's click came from; `only` is asked for each row under its lock, and leaves out what has changed.
    `as_networks` are the networks of each AS, of which the helper is asked otherwise.
    """
    if until is not None:
        until = _to_site_time(until)
        seconds = math.ceil((until - timezone.now()).total_seconds())
    if seconds is not None and not 1 <= seconds <= LONGEST_S:
        raise ValueError(f"a ban of {seconds} s; 1 to {LONGEST_S}, or neither seconds nor until for ever")
    if seconds is not None and until is None:
        until = timezone.now() + timedelta(seconds=seconds)
    call = Call(
        "ban", *_identify(actor), seconds=seconds, until=until, reason=reason[:_REASON_MAX], only=only
    )
    return _make(call, addresses, spare, as_networks)


def unban(
    addresses: Iterable[str], *, actor: Any, reason: str = "", only: Optional[Only] = None
) -> CallResult:
    """Lift bans; with `only` those whose row is still as the caller saw it."""
    return _make(Call("unban", *_identify(actor), reason=reason[:_REASON_MAX], only=only), addresses)


def check(addresses: Iterable[str], *, actor: Any) -> CallResult:
    """Ask the kernel; the flags of the rows follow its answer."""
    return _make(Call("check", *_identify(actor)), addresses)


def _to_site_time(when: datetime) -> datetime:
    """Return the time with a zone or without one, as USE_TZ has it in the database."""
    if timezone.is_aware(when) == settings.USE_TZ:
        return when
    changed: datetime = timezone.make_aware(when) if settings.USE_TZ else timezone.make_naive(when)
    return changed


def _identify(actor: Any) -> tuple[Any, str]:
    """Return the user, if there is one in the database, and the name for the audit."""
    if isinstance(actor, str):
        return None, actor[:_NAME_MAX]
    return (actor if actor.pk else None), str(actor.get_username())[:_NAME_MAX]


def _make(
    call: Call,
    addresses: Iterable[str],
    spare: Collection[str] = (),
    as_networks: Optional[AsNetworks] = None,
) -> CallResult:
    """Write the rows of a call, and have it run at the commit; without a transaction that is at once."""
    result = CallResult(call.action)
    parsed = _parse(result, addresses)
    if not parsed:
        return result
    refused = refusals.find_refusals(parsed, spare, as_networks) if call.action == "ban" else {}
    for address, why in refused.items():
        result.set(address, REFUSED, why)
    orders = {
        address: Order(call.action, address, call.seconds, call.actor_name, call.reason)
        for address in parsed
        if address not in refused
    }
    for address in orders:
        result.set(address, PENDING, texts.NOT_COMMITTED)
    transport = transports.choose(call.action) if conf.TRASHIP_FIREWALL_EXECUTE else None
    said = "" if transport else f"{texts.NOT_RUN}{NOT_EXECUTED}"
    intents.write(
        replace(call, said=said),
        {address: _audit_fields(order, transport) for address, order in orders.items()},
        {address: {"state": REFUSED, "stderr": why} for address, why in refused.items()},
        partial(_run, result, call, orders, transport),
    )
    return result


def _parse(result: CallResult, addresses: Iterable[str]) -> dict[str, Wanted]:
    """Return each target once; a text that is none becomes a refused result without audit row."""
    parsed: dict[str, Wanted] = {}
    for text in addresses:
        try:
            wanted = networks.parse_wanted(text)
            parsed[str(wanted)] = wanted
        except ValueError as error:
            result.set(text, REFUSED, str(error))
        if len(parsed) > MOST:
            raise ValueError(f"more than {MOST} addresses in one call; split them")
    return parsed


def _audit_fields(order: Order, transport: Optional[Transport]) -> dict[str, str]:
    if transport is None:
        return {"state": SKIPPED, "stderr": NOT_EXECUTED}
    return {"state": PENDING, "command": transport.describe(order)}


def _run(
    result: CallResult,
    call: Call,
    orders: Mapping[str, Order],
    transport: Optional[Transport],
    written: WrittenCall,
) -> None:
    """Run a call whose rows are committed. The intents stand whatever happens here, so nothing is raised."""
    result.batch = written.batch
    _mark_left_out(result, written)
    pending = [orders[address] for address in written.pending]
    if not pending:
        return
    started = timezone.now()
    reply = _skip(pending) if transport is None else _ask(transport, pending)
    try:
        if transport is None:
            answers.count_actions(pending, reply)
        else:
            answers.store(written, pending, reply, started)
    except DatabaseError:
        logger.exception("the firewall's answer could not be stored; reconcile_firewall finds the rows")
    for order in pending:
        answer = reply.find_answer(order.address)
        state = HELD if answer.held else answer.state
        result.set(order.address, state, answer.held or answer.stderr or answer.stdout, answer.applied)
    _announce(result, call)


def _mark_left_out(result: CallResult, written: WrittenCall) -> None:
    """Set the results of the addresses for which nothing will be run."""
    for address in written.repeated:
        result.set(address, REPEATED, texts.REPEATED)
    kept = {*written.pending, *written.repeated}
    for left_out in result.in_state(PENDING):
        if left_out.address not in kept:
            result.set(left_out.address, CHANGED, texts.CHANGED)


def _skip(orders: Sequence[Order]) -> RunReply:
    return RunReply({order.address: FirewallAnswer(SKIPPED, stderr=NOT_EXECUTED) for order in orders})


def _ask(transport: Transport, orders: Sequence[Order]) -> RunReply:
    try:
        return transport.run(orders)
    except Exception as error:  # the rows are committed: a fault of ours must still finish them
        logger.exception("the transport failed")
        return RunReply({}, stderr=f"{type(error).__name__}: {error}")


def _announce(result: CallResult, call: Call) -> None:
    """Write one log line, and send the signals for what the firewall has confirmed."""
    logger.info("%s by %s: %s", call.action, ascii(call.actor_name), dict(result.counts()))
    confirmed = [one.address for one in result.in_state(DONE) if one.applied is not None]
    if confirmed and call.action == "ban":
        signals.banned.send_robust(sender=None, addresses=confirmed, until=call.until, actor=call.actor_name)
    if confirmed and call.action == "unban":
        signals.unbanned.send_robust(sender=None, addresses=confirmed, until=None, actor=call.actor_name)
