"""ban, unban and check: intents and audit rows first, then one call of the firewall for all addresses."""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Optional

from django.db import DatabaseError
from django.utils import timezone

from ideolab_accesslog import signals
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import answers as applied
from ideolab_accesslog.firewall import intents, never_ban, transports
from ideolab_accesslog.firewall.intents import Intent, Noted, Wish
from ideolab_accesslog.firewall.never_ban import Address
from ideolab_accesslog.firewall.transports.order import DONE, FAILED, SKIPPED, Answer, Call, Order, Transport

#: addresses of one call; the helper reads no more either
MOST = 5000
#: as ideolab-fw-ip has it; longer is permanent
LONGEST_S = 10 * 365 * 86400
PENDING, REFUSED, REPEATED, CHANGED = "pending", "refused", "repeated", "changed"
NOT_EXECUTED = "TRASHIP_FIREWALL_EXECUTE is False: noted, and nothing was run"

Only = Callable[[Intent], bool]

logger = logging.getLogger("ideolab_accesslog.firewall")


@dataclass(frozen=True)
class Result:
    """`state`: done, failed, skipped (not run), refused (no intent), repeated (the call of a moment ago does
    it), changed (`only` said no), or pending while an outer transaction is open. `applied`: the firewall has
    the address; None = unknown."""

    address: str
    state: str
    applied: Optional[bool] = None
    detail: str = ""


@dataclass
class Outcome:
    """The results of one call, by normalised address; they are final once the transaction is committed."""

    action: str
    batch: Optional[uuid.UUID] = None
    results: dict[str, Result] = field(default_factory=dict)

    def counts(self) -> Mapping[str, int]:
        """How many addresses are in each state."""
        counted: dict[str, int] = {}
        for result in self.results.values():
            counted[result.state] = counted.get(result.state, 0) + 1
        return counted

    def having(self, *states: str) -> list[Result]:
        return [result for result in self.results.values() if result.state in states]


def ban(
    addresses: Iterable[str],
    *,
    actor: Any,
    seconds: Optional[int] = None,
    until: Optional[datetime] = None,
    reason: str = "",
    spare: Collection[str] = (),
    only: Optional[Only] = None,
) -> Outcome:
    """Ban for `seconds`, or until a time, or for ever with neither. `actor` is a user, or a program's name;
    `spare` names addresses that are refused too, such as the one that the admin's click came from."""
    if until is not None:
        seconds = math.ceil((until - timezone.now()).total_seconds())
    if seconds is not None and not 1 <= seconds <= LONGEST_S:
        raise ValueError(f"a ban of {seconds} s; 1 to {LONGEST_S}, or neither seconds nor until for ever")
    if seconds is not None and until is None:
        until = timezone.now() + timedelta(seconds=seconds)
    wish = Wish("ban", *_actor(actor), seconds=seconds, until=until, reason=reason[:255], only=only)
    return _carry_out(wish, addresses, {str(never_ban.parse(address)) for address in spare})


def unban(addresses: Iterable[str], *, actor: Any, reason: str = "", only: Optional[Only] = None) -> Outcome:
    """Lift bans; with `only` those whose row is still as the caller saw it."""
    return _carry_out(Wish("unban", *_actor(actor), reason=reason[:255], only=only), addresses)


def check(addresses: Iterable[str], *, actor: Any) -> Outcome:
    """Ask the kernel; the flags of the rows follow its answer."""
    return _carry_out(Wish("check", *_actor(actor)), addresses)


def _actor(actor: Any) -> tuple[Any, str]:
    if isinstance(actor, str):
        return None, actor[:150]
    return (actor if actor.pk else None), str(actor.get_username())[:150]


def _carry_out(wish: Wish, addresses: Iterable[str], spare: Collection[str] = ()) -> Outcome:
    outcome = Outcome(wish.action)
    named = _named(outcome, addresses)
    orders = {
        address: Order(wish.action, address, wish.seconds, wish.actor_name, wish.reason) for address in named
    }
    refused = _refused(named, spare) if wish.action == "ban" else {}
    for address, why in refused.items():
        outcome.results[address] = Result(address, REFUSED, detail=why)
    transport = transports.choose(wish.action) if conf.TRASHIP_FIREWALL_EXECUTE else None

    def row(address: str) -> dict[str, Any]:
        if address in refused:
            return {"state": FAILED, "stderr": f"refused: {refused[address]}"}
        if transport is None:
            return {"state": SKIPPED, "stderr": NOT_EXECUTED}
        return {"state": PENDING, "command": transport.command(orders[address])}

    def then(noted: Noted) -> None:
        _after(outcome, noted, [orders[address] for address in noted.opened], transport, wish.until)

    for address in orders.keys() - refused.keys():
        outcome.results[address] = Result(address, PENDING, detail="the transaction is not committed yet")
    if orders:
        intents.note(wish, list(orders.keys() - refused.keys()), list(refused), row, then)
    return outcome


def _named(outcome: Outcome, addresses: Iterable[str]) -> dict[str, Address]:
    """Each address once; what is none becomes a refused result, which no audit row can hold."""
    named: dict[str, Address] = {}
    for text in addresses:
        try:
            address = never_ban.parse(text)
            named[str(address)] = address
        except ValueError as error:
            outcome.results[text] = Result(text, REFUSED, detail=str(error))
        if len(named) > MOST:
            raise ValueError(f"more than {MOST} addresses in one call; split them")
    return named


def _refused(named: Mapping[str, Address], spare: Collection[str]) -> dict[str, str]:
    reasons = {
        text: "your own address" if text in spare else never_ban.why(address)
        for text, address in named.items()
    }
    return {text: reason for text, reason in reasons.items() if reason is not None}


def _after(
    outcome: Outcome,
    noted: Noted,
    orders: Sequence[Order],
    transport: Optional[Transport],
    until: Optional[datetime],
) -> None:
    """What follows the commit. The intents stand whatever happens here, so nothing is raised."""
    outcome.batch = noted.batch
    kept = {*noted.opened, *noted.repeated}
    for address in [name for name, result in outcome.results.items() if result.state == PENDING]:
        outcome.results[address] = (
            Result(address, REPEATED, detail="asked for a moment ago")
            if address in kept
            else Result(address, CHANGED, detail="somebody else was faster")
        )
    if not orders:
        return
    started = timezone.now()
    call = _skipped(orders) if transport is None else _run(transport, orders)
    try:
        if transport is None:
            applied.count(orders, call)
        else:
            applied.settle(noted, orders, call, started)
    except DatabaseError:
        logger.exception("the firewall's answer could not be stored; reconcile_firewall finds the rows")
    for order in orders:
        answer = call.answer(order.address)
        detail = answer.stderr or answer.stdout
        outcome.results[order.address] = Result(order.address, answer.state, answer.applied, detail)
    _tell(outcome, orders[0], until)


def _skipped(orders: Sequence[Order]) -> Call:
    return Call({order.address: Answer(SKIPPED, stderr=NOT_EXECUTED) for order in orders})


def _run(transport: Transport, orders: Sequence[Order]) -> Call:
    try:
        return transport.run(orders)
    except Exception as error:  # a transport of the site's own may do anything
        logger.exception("the transport failed")
        return Call({}, stderr=f"{type(error).__name__}: {error}")


def _tell(outcome: Outcome, order: Order, until: Optional[datetime]) -> None:
    """A log line, and the signals for what the firewall has confirmed."""
    logger.info("%s by %s: %s", outcome.action, ascii(order.actor), dict(outcome.counts()))
    done = [result for result in outcome.having(DONE) if result.applied is not None]
    changed = [result.address for result in done]
    if changed and outcome.action == "ban":
        signals.banned.send_robust(sender=None, addresses=changed, until=until, actor=order.actor)
    if changed and outcome.action == "unban":
        signals.unbanned.send_robust(sender=None, addresses=changed, until=None, actor=order.actor)
