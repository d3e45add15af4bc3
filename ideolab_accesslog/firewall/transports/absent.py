"""No way to the firewall for this action on this host: says so, and what a person can do instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ideolab_accesslog.firewall.transports.order import SKIPPED, FirewallAnswer, Order, RunReply

WINDOWS = "there is no firewall of ideolab-f2b on Windows; the site itself answers 403 to banned addresses"
_LOG_ONLY = {
    "unban": "manual.log can only ban, and ideolab-fw-ip is not there: run `ideolab-f2b unban {}` as root",
    "check": "manual.log cannot be asked, and ideolab-fw-ip is not there: run `ideolab-f2b bans` as root",
}


def describe(_order: Order) -> str:
    """Return no command, because nothing is run."""
    return ""


def run(orders: Sequence[Order]) -> RunReply:
    """Skip every order; each answer says what a person can do instead."""
    return RunReply({order.address: FirewallAnswer(SKIPPED, stderr=_explain(order)) for order in orders})


def _explain(order: Order) -> str:
    if sys.platform == "win32":
        return WINDOWS
    return _LOG_ONLY[order.action].format(order.address)
