"""Bans as lines of manual.log, which fail2ban's jail ideolab-manual reads: no privilege, no answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall.transports.order import DONE, FAILED, Answer, Call, Order
from ideolab_f2b import logline


def command(order: Order) -> str:
    """The line without its time and its texts."""
    return f"{conf.TRASHIP_MANUAL_LOG}: ban {order.address} ttl={_ttl(order)}"


def run(orders: Sequence[Order]) -> Call:
    """One line per address; the answers say that the line was written, not that fail2ban has read it."""
    answers = {order.address: _write(order) for order in orders}
    failed = [answer.stderr for answer in answers.values() if answer.state == FAILED]
    return Call(answers, rc=1 if failed else 0, stderr=failed[0] if failed else "")


def _write(order: Order) -> Answer:
    texts = {"actor": order.actor, "reason": order.reason}
    quoted = {key: text for key, text in texts.items() if text}
    line = logline.format_line(timezone.now(), "manual", "ban", order.address, {"ttl": _ttl(order)}, quoted)
    try:
        logline.append(Path(conf.TRASHIP_MANUAL_LOG), line)
    except OSError as error:
        return Answer(FAILED, stderr=f"{error}; the web server's user must be able to append to this file")
    return Answer(DONE, stdout="written for fail2ban's jail ideolab-manual")


def _ttl(order: Order) -> str:
    return "permanent" if order.seconds is None else str(order.seconds)
