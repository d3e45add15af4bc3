"""Acts on offences: writes a line for fail2ban and a TrashIP row, sends a signal, bans if asked to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from time import time
from typing import Optional

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls, never_ban
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.networks import parse
from ideolab_accesslog.signals import dropped
from ideolab_accesslog.signals import offence as offence_signal
from ideolab_accesslog.traship import log, rows
from ideolab_accesslog.traship.excused import ExcusedPages
from ideolab_accesslog.traship.offence import Offence, OffenceSum, page_key
from ideolab_accesslog.traship.turn import Turn
from ideolab_accesslog.traship.window import Window

#: offences that are counted together; a turn may end after each
PIECE = 1000
#: rows that are written together
ROWS = 100
#: rows and bans of one turn; the others wait for the next one
ROWS_OF_A_TURN = 1000
BANS_OF_A_TURN = 20
#: addresses whose rows could not be written yet, or that missed a single page
WAITING_MAX = 10_000
#: who bans, in the audit
ACTOR = "traship"
#: seconds until the same address is banned again: by then every process has read the first ban
PAUSE_S = 60.0


class OffenceJudge:
    """Counts offences by address. One per process; all but `write_line_now` runs in the writer's thread."""

    def __init__(self, window: Optional[Window] = None) -> None:
        self._window = window or Window()
        self._excused = ExcusedPages()
        self._waiting: dict[str, OffenceSum] = {}
        #: came more than once within the window, to any process: each of their offences counts
        self._returning: set[str] = set()
        #: {(address, page) whose line a request has written itself: until when}
        self._written: dict[tuple[str, str], float] = {}
        #: {address: reason}
        self._to_ban: dict[str, str] = {}
        #: {address: end of the pause after its ban}
        self._banned: dict[str, float] = {}

    def process(self, offences: Iterable[Offence], turn: Optional[Turn] = None) -> None:
        """Count all offences since the last turn; write lines and rows, send signals, ban."""
        turn = turn or Turn()
        rest = iter(offences)
        while piece := list(islice(rest, PIECE)):
            by_address: dict[str, list[Offence]] = {}
            for offence in piece:
                by_address.setdefault(offence.address, []).append(offence)
            for address, its_offences in by_address.items():
                self._process_address(address, its_offences, turn)
        self._write_rows(turn)
        self._ban(turn)

    def _process_address(self, address: str, offences: list[Offence], turn: Turn) -> None:
        counting = [one for one in offences if not one.excuse]
        if counting:
            self._process_counting(address, counting, turn)
        for one in offences:
            if one.excuse:
                turn.rest()
                self._process_excused(one)
        total = self._waiting.setdefault(address, OffenceSum(offences[0].when))
        for one in offences:
            total.add(one)

    def _process_counting(self, address: str, offences: list[Offence], turn: Turn) -> None:
        new = []
        for one in offences:
            turn.rest()
            if self._window.add_path(address, page_key(one), one.points):
                new.append(one)
        count = self._window.add_hits(address, len(offences))
        if count > 1:
            self._returning.add(address)
        if new:
            self._process_new(address, new, count, turn)

    def _process_excused(self, offence: Offence) -> None:
        """Tell an offence that does not count where one that counts would be told; it adds to nothing."""
        score = self._excused.add(offence.address, f"{offence.excuse} {page_key(offence)}", offence.points)
        if score and (offence.rule or score >= int(conf.TRASHIP_404_DISTINCT)):
            if never_ban.find_reason(parse(offence.address)) is None:
                log.write(offence)
            _send(offence, 1)

    def _process_new(self, address: str, new: list[Offence], count: int, turn: Turn) -> None:
        """Act on the paths that an address had not asked for: ten reloads of a dead link are one mistake."""
        points = sum(one.points for one in new)
        score = self._window.add_points(address, points) - points
        limit = burst_points(count)
        is_safe = never_ban.find_reason(parse(address)) is not None
        for one in new:
            turn.rest()
            score += one.points
            if not one.rule and score < limit:
                continue
            if not is_safe and (address, page_key(one)) not in self._written:
                log.write(one)
            _send(one, count)
        if score >= limit and conf.TRASHIP_AUTO_BAN and not is_safe:
            self._to_ban[address] = new[-1].reason

    def write_line_now(self, offence: Offence) -> None:
        """Write the line of a sensitive path in the request, because the thread hangs; once for each page."""
        key, now = (offence.address, page_key(offence)), time()
        if not offence.rule or offence.excuse or self._written.get(key, 0.0) > now:
            return
        if never_ban.find_reason(parse(offence.address)) is None:
            if len(self._written) >= WAITING_MAX:
                self._written.clear()
            self._written[key] = now + float(conf.TRASHIP_404_WINDOW_S)
            log.write(offence)

    def _write_rows(self, turn: Turn) -> None:
        """Write the rows of all that met a rule, or missed a page more than once."""
        due = {
            address: total
            for address, total in self._waiting.items()
            if address in self._returning or total.hits > 1 or total.has_rule
        }
        if due:
            self._drop_excess()
        addresses = iter(list(due)[:ROWS_OF_A_TURN])
        while some := list(islice(addresses, ROWS)):
            rows.write({address: due[address] for address in some})
            for address in some:
                self._waiting.pop(address, None)
            turn.rest()
        self._returning &= self._waiting.keys()

    def _ban(self, turn: Turn) -> None:
        for _ in range(min(len(self._to_ban), BANS_OF_A_TURN)):
            turn.rest()
            address, reason = self._to_ban.popitem()
            if self._banned.get(address, 0.0) < time():
                self._banned[address] = time() + PAUSE_S
                calls.ban([address], seconds=int(conf.TRASHIP_AUTO_BAN_S), actor=ACTOR, reason=reason)

    def _drop_excess(self) -> None:
        """Drop the addresses that have waited longest, when the database takes none."""
        count = len(self._waiting) - WAITING_MAX
        if count > 0:
            for address in list(self._waiting)[:count]:
                del self._waiting[address]
            dropped.send_robust(sender=TrashIP, count=count, why="the database does not take suspects")

    def forget_old(self) -> None:
        """Forget what has left the window.

        An address that missed one page here and another in a different process gets its row here.
        """
        now = time()
        self._window.forget_old()
        self._excused.forget_old()
        length_s = float(conf.TRASHIP_404_WINDOW_S)
        once = [address for address, total in self._waiting.items() if total.hits == 1 and not total.has_rule]
        twice = self._window.find_returning(once)
        if twice:
            rows.write({address: self._waiting[address] for address in twice})
        for address in once:
            if address in twice or self._waiting[address].last < now - length_s:
                del self._waiting[address]
        self._written = {key: until for key, until in self._written.items() if until > now}
        self._banned = {address: until for address, until in self._banned.items() if until > now}


def _send(offence: Offence, count: int) -> None:
    offence_signal.send_robust(
        sender=TrashIP, address=offence.address, reason=offence.reason, path=offence.path,
        user_agent=offence.agent, status=offence.status, count=count,
    )  # fmt: skip


def burst_points(count: int) -> int:
    """Return the points that are a burst; after TRASHIP_404_THRESHOLD requests a quarter of them."""
    distinct = int(conf.TRASHIP_404_DISTINCT)
    return distinct if count < int(conf.TRASHIP_404_THRESHOLD) else max(2, distinct // 4)
