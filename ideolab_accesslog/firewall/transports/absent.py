"""No way to the firewall for this action on this host: says so, and what a person can do instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ideolab_accesslog.firewall import texts
from ideolab_accesslog.firewall.transports.order import SKIPPED, FirewallAnswer, Order, RunReply
from ideolab_accesslog.scheduler import runs_tests

WINDOWS = texts.WINDOWS
_LOG_ONLY = {"unban": texts.LOG_CANNOT_UNBAN, "check": texts.LOG_CANNOT_CHECK}


def describe(_order: Order) -> str:
    """Return no command, because nothing is run."""
    return ""


def run(orders: Sequence[Order]) -> RunReply:
    """Skip every order; each answer says what a person can do instead."""
    return RunReply({order.address: FirewallAnswer(SKIPPED, stderr=_explain(order)) for order in orders})


def _explain(order: Order) -> str:
    if sys.platform == "win32":
        return WINDOWS
    if runs_tests():
        return texts.RUNS_TESTS
    return _LOG_ONLY[order.action] % {"address": order.address}
