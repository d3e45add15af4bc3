"""Turns offences into what follows from them: a line for fail2ban, a TrashIP row, a signal, maybe a ban."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from time import time
from typing import Optional

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls, never_ban
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.signals import dropped
from ideolab_accesslog.signals import offence as offence_signal
from ideolab_accesslog.traship import log, rows
from ideolab_accesslog.traship.offence import Offence, Suspect, page
from ideolab_accesslog.traship.window import Window

#: addresses whose rows could not be written yet, or that missed a single page
WAITING_MAX = 10_000
ACTOR = "traship"
#: one ban is enough until everybody has seen it
PAUSE_S = 60.0


class Judge:
    """One per process; but for `tell_alone` it works in the writer's thread."""

    def __init__(self, window: Optional[Window] = None) -> None:
        self._window = window or Window()
        self._waiting: dict[str, Suspect] = {}
        #: came more than once within the window, to any process: each of its offences counts
        self._known: set[str] = set()
        self._told: dict[tuple[str, str], float] = {}
        self._to_ban: dict[str, str] = {}
        self._banned: dict[str, float] = {}

    def hear(self, offences: Iterable[Offence]) -> None:
        """All that happened since the last turn."""
        by_address: dict[str, list[Offence]] = {}
        for offence in offences:
            by_address.setdefault(offence.address, []).append(offence)
        for address, its in by_address.items():
            self._hear_one(address, its)
        self._write()
        self._ban()

    def _hear_one(self, address: str, its: list[Offence]) -> None:
        new = [one for one in its if self._window.is_new(address, page(one), one.points)]
        count = self._window.hits(address, len(its))
        if count > 1:
            self._known.add(address)
        if new:
            self._consequences(address, new, count)
        suspect = self._waiting.setdefault(address, Suspect(its[0].when))
        for one in its:
            suspect.add(one)

    def _consequences(self, address: str, new: list[Offence], count: int) -> None:
        """Only the first time that an address asks for a path: ten reloads of a dead link are one mistake."""
        points = sum(one.points for one in new)
        score = self._window.score(address, points) - points
        limit = enough(count)
        is_safe = never_ban.find_reason(ipaddress.ip_address(address)) is not None
        for one in new:
            score += one.points
            if not is_safe and (one.rule or score >= limit) and (address, page(one)) not in self._told:
                log.tell(one)
            if one.rule or score >= limit:
                offence_signal.send_robust(
                    sender=TrashIP, address=address, reason=one.reason, path=one.path,
                    user_agent=one.agent, status=one.status, count=count,
                )  # fmt: skip
        if score >= limit and conf.TRASHIP_AUTO_BAN and not is_safe:
            self._to_ban[address] = new[-1].reason

    def tell_alone(self, offence: Offence) -> None:
        """In a request, while the thread hangs: at least fail2ban learns of scanners at once."""
        key, now = (offence.address, page(offence)), time()
        if not offence.rule or self._told.get(key, 0.0) > now:
            return
        if never_ban.find_reason(ipaddress.ip_address(offence.address)) is None:
            if len(self._told) >= WAITING_MAX:
                self._told.clear()
            self._told[key] = now + float(conf.TRASHIP_404_WINDOW_S)
            log.tell(offence)

    def _write(self) -> None:
        """Rows for whoever met a rule, and for whoever missed a page more than once."""
        due = {
            address: one
            for address, one in self._waiting.items()
            if address in self._known or one.hits > 1 or one.sensitive
        }
        if due:
            self._keep_within_bounds()
            rows.write(due)
            for address in due:
                self._waiting.pop(address, None)
        self._known &= self._waiting.keys()

    def _ban(self) -> None:
        while self._to_ban:
            address, reason = self._to_ban.popitem()
            if self._banned.get(address, 0.0) < time():
                self._banned[address] = time() + PAUSE_S
                calls.ban([address], seconds=int(conf.TRASHIP_AUTO_BAN_S), actor=ACTOR, reason=reason)

    def _keep_within_bounds(self) -> None:
        count = len(self._waiting) - WAITING_MAX
        if count > 0:
            for address in list(self._waiting)[:count]:
                del self._waiting[address]
            dropped.send_robust(sender=TrashIP, count=count, why="the database does not take suspects")

    def tidy(self) -> None:
        """Forget what has left the window; who missed one page here and another elsewhere gets a row."""
        now = time()
        self._window.tidy()
        length = float(conf.TRASHIP_404_WINDOW_S)
        once = [address for address, one in self._waiting.items() if one.hits == 1 and not one.sensitive]
        twice = self._window.repeated(once)
        if twice:
            rows.write({address: self._waiting[address] for address in twice})
        for address in once:
            if address in twice or self._waiting[address].last < now - length:
                del self._waiting[address]
        self._told = {key: until for key, until in self._told.items() if until > now}
        self._banned = {address: until for address, until in self._banned.items() if until > now}


def enough(count: int) -> int:
    """The points that make a burst; after TRASHIP_404_THRESHOLD requests a quarter of them."""
    distinct = int(conf.TRASHIP_404_DISTINCT)
    return distinct if count < int(conf.TRASHIP_404_THRESHOLD) else max(2, distinct // 4)
