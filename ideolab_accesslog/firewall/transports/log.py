"""Bans as lines of manual.log, which fail2ban's jail ideolab-manual reads: no privilege, no answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.firewall.transports.order import DONE, FAILED, FirewallAnswer, Order, RunReply
from ideolab_f2b import logline


def describe(order: Order) -> str:
    """Return the file and its line, without the time and the quoted texts."""
    return f"{conf.TRASHIP_MANUAL_LOG}: ban {order.address} ttl={_ttl(order)}"


def run(orders: Sequence[Order]) -> RunReply:
    """Write one line per address; an answer says that the line was written, not that fail2ban has read it."""
    answers = {order.address: _write(order) for order in orders}
    errors = [answer.stderr for answer in answers.values() if answer.state == FAILED]
    return RunReply(answers, rc=1 if errors else 0, stderr=errors[0] if errors else "")


def _write(order: Order) -> FirewallAnswer:
    chosen = {"actor": order.actor, "reason": order.reason}
    quoted = {key: text for key, text in chosen.items() if text}
    # not Django's now(), which has no zone with USE_TZ = False
    now = datetime.now(timezone.utc)
    line = logline.format_line(now, "manual", "ban", order.address, {"ttl": _ttl(order)}, quoted)
    if not conf.TRASHIP_MANUAL_LOG:
        return FirewallAnswer(FAILED, stderr=texts.NO_MANUAL_LOG)
    try:
        logline.append(Path(conf.TRASHIP_MANUAL_LOG), line)
    except OSError as error:
        return FirewallAnswer(FAILED, stderr=texts.CANNOT_APPEND % {"error": error})
    return FirewallAnswer(DONE, stdout=texts.WRITTEN)


def _ttl(order: Order) -> str:
    return "permanent" if order.seconds is None else str(order.seconds)
