"""Bans that a person orders: many in one call, each with its own time, and what became of each.

fail2ban's own `banip` knows no time, and answers nothing of each. This comes through fail2ban's socket:
`set JAIL action ideolab-ban by_hand '{"bans": [["198.51.100.7", 86400], ["2001:db8::/64", "permanent"]]}'`
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from ipaddress import ip_network
from typing import Any, Callable, NamedTuple, Optional

from ideolab_f2b.actions import ttl
from ideolab_f2b.actions.ban.admission import Admission, Admitted
from ideolab_f2b.actions.ban.lift import unban
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.firewall.all_sets import AllSets, HeldElement
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.logline import format_line, quote

#: (networks, banned at, seconds): puts the elements there, or says why they cannot be
Place = Callable[[Sequence[Key], float, float], None]
#: what the helper says of itself, for root and for the web server alike
HELPER = "ideolab-fw-ip"
BANNED, ALREADY, REFUSED, ERROR = "banned", "already", "refused", "error"
_log = logging.getLogger("fail2ban.ideolab-ban")


class OrderResult(NamedTuple):
    """What became of one order; `until` (epoch seconds) is None when the ban stays, or when there is none."""

    address: str
    result: str
    until: Optional[int] = None
    detail: str = ""


class Orders:
    """The orders of people to one jail."""

    def __init__(self, jail: Any, admission: Admission, place: Place) -> None:
        self._jail, self._admission, self._place = jail, admission, place

    def ban(
        self, orders: Iterable[Sequence[object]], by: str, reason: str, *, is_forced: bool = False
    ) -> str:
        """A JSON list with one answer for each (address, network or AS, seconds or "permanent"), in order.

        `is_forced` lifts the cap of addresses of an AS, for root.
        """
        answers = [self._answer(str(name), str(time), by, reason, is_forced) for name, time in orders]
        counted = Counter(answer.result for answer in answers)
        told = ", ".join(f"{count} {result}" for result, count in counted.items()) or "nothing"
        # what a person chose comes last, and quoted: no filter on fail2ban's own log can be misled
        _log.info("[%s] By hand: %s; by=%s reason=%s", self._jail.name, told, quote(by), quote(reason))
        return json.dumps([answer._asdict() for answer in answers])

    def _answer(self, address: str, time: str, by: str, reason: str, is_forced: bool) -> OrderResult:
        is_root = not by.startswith(HELPER)
        try:
            # by the helper nobody gets beyond the cap
            order = self._admission.admit(address, is_forced=is_forced and is_root)
        except RefusedError as refused:
            return OrderResult(address, REFUSED, detail=str(refused))
        except Exception as error:
            return OrderResult(address, ERROR, detail=str(error) or repr(error))
        seconds, complaint = ttl.ban_time(time, int(self._jail.getMaxBanTime()))
        try:
            return self._ban(order, seconds, complaint, by, reason, is_root)
        except Exception as error:
            return OrderResult(order.name, ERROR, detail=str(error) or repr(error))

    def _ban(
        self, order: Admitted, seconds: int, complaint: str, by: str, reason: str, is_root: bool
    ) -> OrderResult:
        line = describe(order.name, by, reason, datetime.now(timezone.utc))
        ordered = self._admission.order(order.name, seconds, is_root, line, is_forced=order.is_forced)
        ticket = ordered.ticket
        if ticket is None:
            return OrderResult(order.name, ERROR, detail="fail2ban did not take the ban; see its log")
        bantime = ticket.getBanTime(self._jail.actions.getBanTime())
        try:
            # fail2ban only logs what its actions raise; and the kernel may have lost an earlier element
            self._place(order.keys, ticket.getTime(), bantime)
        except Exception:
            if ordered.is_new:
                # a ban that does not work must not be listed; one that was there before is not ours to lift
                unban(self._jail, order.name)
            raise
        until = None if bantime == ttl.PERMANENT else math.ceil(ticket.getTime() + bantime)
        detail = "; ".join(filter(None, (order.detail, complaint)))
        return OrderResult(order.name, ALREADY if ordered.is_as_before else BANNED, until, detail)


def delete_elements(elements: Iterable[Sequence[object]]) -> int:
    """Delete elements (set, network) of our sets that fail2ban has forgotten; how many were asked for.

    What a jail does hold is put back by the reconcile thread.
    """
    held = [HeldElement(str(name), ip_network(str(text))) for name, text in elements]
    with contextlib.closing(AllSets()) as sets:
        sets.delete(held)
    return len(held)


def describe(address: str, by: str, reason: str, when: datetime) -> str:
    """Return who ordered a ban and why, as a line of manual.log: the event of the ban has it.

    "" for what is no line: no ban fails for want of one.
    """
    quoted = {"by": by, **({"reason": reason} if reason else {})}
    try:
        line = format_line(when, "manual", "ban", address, {}, quoted)
    except ValueError:
        return ""
    # whole seconds: the time from a line with a fraction to the ban is measured
    return f"{line[:19]}{line[23:]}"
