"""Aggregates the bans of one jail: looks for dense prefixes, asks who is in them, and bans them."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any, Callable, Optional

from ideolab_f2b.actions.aggregate import bystanders
from ideolab_f2b.actions.aggregate.dense import Dense
from ideolab_f2b.actions.aggregate.evidence import FindLift, Held, find_candidates, sort_tickets
from ideolab_f2b.actions.ban.admission import LINE_PREFIX, Admission
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.lift import unban
from ideolab_f2b.actions.ban.orders import Place
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.ports import list_queries
from ideolab_f2b.actions.protected.refusal import short
from ideolab_f2b.actions.tickets import BanList, ban_manager
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.ipset.element import Network, network_of
from ideolab_f2b.logline import format_line
from ideolab_f2b.pace import Pause

#: prefixes that are asked about at once, those with most bans first
ASKED = 64
#: seconds until a prefix that was spared is asked about again
AGAIN_S = 600.0
#: spared prefixes that are remembered
SPARED = 1000
#: seconds after which bans that did not change are looked at again: a prefix may have ended
LOOK_S = 60.0
#: seconds between two questions about visitors: the logs of a week are read for each
ASK_S = 60.0
#: the same, as often as the last one took: logs of gigabytes take half a minute
_ASK_TIMES = 20.0
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")


class JailAggregate:
    """One jail; a thread calls look(), and nothing of a ban waits for it."""

    def __init__(
        self,
        jail: Any,
        options: Callable[[], Options],
        refusal: Callable[[Network], Optional[str]],
        admission: Admission,
        place: Place,
        find_lift: FindLift,
        counts: BanCounts,
        clock: Callable[[], float] = time.monotonic,
        find_visitors: Callable[..., list[Optional[str]]] = bystanders.find_visitors,
        find_connection: Callable[..., Optional[str]] = bystanders.find_connection,
    ) -> None:
        self._jail, self._options, self._refusal, self._admission = jail, options, refusal, admission
        self._place, self._find_lift, self._counts, self._clock = place, find_lift, counts, clock
        self._find_visitors, self._find_connection = find_visitors, find_connection
        self._bans = BanList(jail)
        self._seen: Optional[tuple[int, int]] = None
        self._looked = self._may_ask = float("-inf")
        #: {prefix: until when it is not asked about}
        self._spared: dict[str, float] = {}
        self._last = ""
        say = functools.partial(_log.info, "[%s] Not aggregated: %s", jail.name)
        self._complaint = Complaint(say, SAY_AGAIN_S, clock, SPARED)

    def stats(self) -> dict[str, Any]:
        """Return the share that is configured (0: off), and why a prefix was spared last."""
        return {"share": self._options().aggregate, "last_spared": self._last}

    def look(self, pause: Pause) -> None:
        """Ban the dense prefixes in which nobody else is."""
        share = self._options().aggregate
        if not share or not self._bans.is_active or self._bans.is_queued or not self._is_due():
            return
        if int(self._jail.actions.getBanTime()) < 0:
            self._complaint.say(
                "the jail's bans are permanent, and a prefix is never banned for good by itself"
            )
            return
        held = sort_tickets(iter(ban_manager(self._jail.actions)), pause)
        found = find_candidates(held, LINE_PREFIX, share, self._find_lift)
        ready = [each for each in found if self._is_ready(each)][:ASKED]
        if not ready:
            return
        if self._clock() < self._may_ask:
            # so many questions would read the logs without end
            self._seen = None
            return
        for each, why in zip(ready, self._ask(ready, held)):
            self._ban_or_spare(each, held, why)
            pause()

    def _ask(self, ready: list[Dense], held: Held) -> list[Optional[str]]:
        began = self._clock()
        answers = self._find_visitors(ready, held.units)
        ended = self._clock()
        self._may_ask = ended + max(ASK_S, (ended - began) * _ASK_TIMES)
        return answers

    def _is_due(self) -> bool:
        bans = ban_manager(self._jail.actions)
        seen, now = (int(bans.size()), int(bans.getBanTotal())), self._clock()
        if seen == self._seen and now - self._looked < LOOK_S:
            return False
        self._seen, self._looked = seen, now
        return True

    def _is_ready(self, each: Dense) -> bool:
        network = network_of(each.key)
        if self._spared.get(short(network), float("-inf")) > self._clock():
            return False
        why = self._refusal(network)
        if why is not None:
            self._spare(each, why)
        return why is None

    def _ban_or_spare(self, each: Dense, held: Held, why: Optional[str]) -> None:
        try:
            ports = list_queries(self._options().ports)
            why = why or self._find_connection(each, held.units, ports)
            if why is None:
                self._ban(each, held)
        except Exception as error:
            # unknown is no permission, and the next prefix may be banned
            why = str(error) or repr(error)
        if why is not None:
            self._spare(each, why)

    def _ban(self, each: Dense, held: Held) -> None:
        tickets = [
            ticket for unit, ticket in held.units[each.key[0]].items() if each.first <= unit <= each.last
        ]
        if not self._is_held(tickets):
            return
        text, seconds = short(network_of(each.key)), int(self._jail.actions.getBanTime())
        ordered = self._admission.order(text, seconds, is_root=False, line=describe(each, text))
        if ordered.ticket is None:
            raise RuntimeError("fail2ban did not take the ban; see its log")
        try:
            # fail2ban only logs what its actions raise
            self._place((each.key,), ordered.ticket.getTime(), seconds)
        except Exception:
            unban(self._jail, text)
            raise
        if not self._is_held(tickets):
            # `unban --all` came in between
            unban(self._jail, text)
            return
        self._counts.add("aggregated")
        _log.warning(
            "[%s] Aggregate: %s is banned, %d of %d addresses were",
            self._jail.name,
            text,
            each.banned,
            each.size,
        )

    def _is_held(self, tickets: Collection[Any]) -> bool:
        """Whether nearly all of these bans are still there."""
        held = sum(1 for ticket in tickets if self._bans.holds(ticket))
        return self._bans.is_active and held * 10 >= len(tickets) * 9

    def _spare(self, each: Dense, why: str) -> None:
        text = short(network_of(each.key))
        now = self._clock()
        if len(self._spared) >= SPARED:
            self._spared = {known: until for known, until in self._spared.items() if until > now}
        if len(self._spared) < SPARED:
            self._spared[text] = now + AGAIN_S
        self._last = f"{text}, {each.banned} of {each.size} addresses banned: {why}"[:500]
        self._complaint.say(self._last, text)


def describe(each: Dense, text: str) -> str:
    """Return why a prefix is banned, as a line of our logs: the event of the ban has its reason."""
    words: Mapping[str, int] = {"addresses": each.banned, "of": each.size}
    reason = f"aggregate {each.banned} of {each.size} addresses"
    line = format_line(datetime.now(timezone.utc), "aggregate", "ban", text, words, {"reason": reason})
    # whole seconds: the time from a line with a fraction to the ban is measured
    return f"{line[:19]}{line[23:]}"
