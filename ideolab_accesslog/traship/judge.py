"""Acts on offences: writes a line for fail2ban and a TrashIP row, sends a signal, bans if asked to."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic, time
from typing import Optional

from ideolab_accesslog.access.login import Logins
from ideolab_accesslog.access.offences import NewestOffences
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
from ideolab_accesslog.traship.window import Window, own_name

logger = logging.getLogger("ideolab_accesslog")

#: offences that are sorted by their addresses together; those that a turn does not reach wait here
PIECE = 1000
#: rows that are written together
ROWS = 100
#: rows of one turn; the others wait for the next one
ROWS_OF_A_TURN = 1000
#: addresses that are banned by one call, which is one transaction and one run of the helper
BANS = 100
#: addresses whose rows could not be written yet, or that missed a single page
WAITING_MAX = 10_000
#: addresses that wait for their ban
TO_BAN_MAX = 10_000
#: addresses that missed a single page and that the cache is asked about at a time
ASKED = 1000
#: who bans, in the audit
ACTOR = "traship"
#: seconds until the same address is banned again: by then every process has read the first ban
PAUSE_S = 60.0


@dataclass
class _Counted:
    """Offences of one address, in one turn: those for its row, those on pages that are new, and numbers."""

    kept: list[Offence] = field(default_factory=list)
    new: list[Offence] = field(default_factory=list)
    hits: int = 0
    own_hits: int = 0


class OffenceJudge:
    """Counts offences by address. One per process; all but `write_line_now` runs in the writer's thread."""

    def __init__(self, window: Optional[Window] = None) -> None:
        self._window = window or Window()
        self._excused = ExcusedPages()
        self._newest: NewestOffences[Offence] = NewestOffences(rows.make_offence_row)
        # pages that the site itself said not to have: they fill no window of those that count
        self._own_pages = ExcusedPages()
        self._logins = Logins()
        #: what was taken and not counted yet, by address
        self._taken: dict[str, list[Offence]] = {}
        self._waiting: dict[str, OffenceSum] = {}
        #: came more than once within the window, to any process: each of their offences counts
        self._returning: set[str] = set()
        #: {(address, page) whose line was written before it was counted: until when}
        self._written: dict[tuple[str, str], float] = {}
        #: why some addresses are never told to fail2ban, as far as the log says it already
        self._explained: set[str] = set()
        #: {address: reason}; who waits longest stands first
        self._to_ban: dict[str, str] = {}
        self._unbanned = 0
        #: {address: end of the pause after its ban}
        self._banned: dict[str, float] = {}

    def process(self, offences: Iterable[Offence], turn: Optional[Turn] = None) -> None:
        """Count the offences since the last turn; write lines and rows, send signals, ban.

        What the turn has no time for is kept for the next one.
        """
        turn = turn or Turn()
        rest = iter(offences)
        self._process_rest(turn)
        while not self._taken and (piece := list(islice(rest, PIECE))):
            for offence in piece:
                self._taken.setdefault(offence.address, []).append(offence)
            self._process_rest(turn)
        self._write_rows(turn)
        self._ban(turn)
        self._newest.write(turn.is_last)

    def _process_rest(self, turn: Turn) -> None:
        """Count what was taken, address by address, until the turn is over."""
        while self._taken and not turn.is_over():
            address = next(iter(self._taken))
            offences = self._taken.pop(address)
            done = self._process_address(address, offences, turn)
            if done < len(offences):
                self._taken = {address: offences[done:], **self._taken}

    def _process_address(self, address: str, offences: list[Offence], turn: Turn) -> int:
        """Count offences of one address, the first at least; return how many the time was enough for."""
        counted, done = _Counted(), 0
        for one in offences:
            if done and turn.is_over():
                break
            turn.rest()
            done += 1
            if not self._is_of_a_user(one):
                # the key of a session is for no handler of a log
                self._count_one(one._replace(session=""), counted)
        if counted.own_hits and self._window.add_hits(own_name(address), counted.own_hits) > 1:
            self._returning.add(address)
        if counted.hits:
            self._process_counting(address, counted.hits, counted.new, turn)
        self._add_to_row(address, counted.kept)
        return done

    def _is_of_a_user(self, one: Offence) -> bool:
        """Return whether a user who has logged in missed the page; only such offences have a session here."""
        return bool(one.session) and self._logins.has_user(one.session, one.address)

    def _count_one(self, one: Offence, counted: _Counted) -> None:
        counted.kept.append(one)
        if one.excuse:
            self._process_excused(one)
        elif one.pattern:
            counted.own_hits += 1
            self._add_own(one)
        else:
            counted.hits += 1
            if self._window.add_path(one.address, page_key(one), one.points):
                counted.new.append(one)
                self._newest.add(one.address, one, is_sensitive=bool(one.rule))

    def _add_own(self, one: Offence) -> None:
        """Remember a URL pattern whose view found nothing: all that it misses is one page."""
        if self._own_pages.add(one.address, page_key(one), 1):
            self._newest.add(one.address, one)
        name = own_name(one.address)
        if self._window.add_path(name, one.pattern, 1):
            self._window.add_points(name, 1)

    def _add_to_row(self, address: str, offences: list[Offence]) -> None:
        if offences:
            total = self._waiting.setdefault(address, OffenceSum(offences[0].when))
            for one in offences:
                total.add(one)

    def _process_counting(self, address: str, counting: int, new: list[Offence], turn: Turn) -> None:
        count = self._window.add_hits(address, counting)
        if count > 1:
            self._returning.add(address)
        if new:
            self._process_new(address, new, count, turn)

    def _process_excused(self, offence: Offence) -> None:
        """Tell an offence that does not count where one that counts would be told; it adds to nothing."""
        if offence.pattern:
            return
        score = self._excused.add(offence.address, f"{offence.excuse} {page_key(offence)}", offence.points)
        if score:
            self._newest.add(offence.address, offence)
        if score and (offence.rule or score >= int(conf.TRASHIP_404_DISTINCT)):
            if never_ban.find_reason(parse(offence.address)) is None:
                log.write(offence)
            _send(offence, 1)

    def _process_new(self, address: str, new: list[Offence], count: int, turn: Turn) -> None:
        """Act on the paths that an address had not asked for: ten reloads of a dead link are one mistake."""
        points = sum(one.points for one in new)
        score = self._window.add_points(address, points) - points
        limit = burst_points(count)
        score += self._find_own_points(address, score + points, limit)
        safe_reason = never_ban.find_reason(parse(address))
        for one in new:
            turn.rest()
            score += one.points
            if not one.rule and score < limit:
                continue
            if safe_reason is not None:
                self._explain_silence(address, safe_reason)
            elif (address, page_key(one)) not in self._written:
                log.write(one)
            _send(one, count)
        if score >= limit and conf.TRASHIP_AUTO_BAN and safe_reason is None:
            self._add_ban(address, new[-1].reason)

    def _explain_silence(self, address: str, reason: str) -> None:
        """Log, once for each reason, why fail2ban gets no line: else the site looks as if it saw nothing."""
        if reason in self._explained:
            return
        self._explained.add(reason)
        logger.warning(
            "TrashIP: %s is counted, but fail2ban is never told of it and it is never banned: %s. If visitors"
            " come from there, it is a proxy: name it in ACCESSLOG_TRUSTED_PROXIES (docs/django.md)",
            address, reason,
        )  # fmt: skip

    def _find_own_points(self, address: str, score: int, limit: int) -> int:
        """Return what the site's own 404s add to a burst: a quarter of it at most, asked where it matters."""
        most = limit // 4
        if not limit - most <= score < limit:
            return 0
        return min(most, self._window.add_points(own_name(address), 0))

    def write_line_now(self, offence: Offence) -> None:
        """Write the line of a sensitive path that is not, or not yet, counted; once for each page."""
        key, now = (offence.address, page_key(offence)), monotonic()
        if not offence.rule or offence.excuse or self._written.get(key, 0.0) > now:
            return
        if never_ban.find_reason(parse(offence.address)) is None:
            if len(self._written) >= WAITING_MAX:
                self._written.clear()
            self._written[key] = now + float(conf.TRASHIP_404_WINDOW_S)
            log.write(offence)

    def _write_rows(self, turn: Turn) -> None:
        """Write the rows of all that met a rule, or missed a page more than once."""
        self._drop_excess()
        addresses = iter(list(filter(self._is_due, self._waiting))[:ROWS_OF_A_TURN])
        while some := list(islice(addresses, ROWS)):
            rows.write({address: self._waiting[address] for address in some})
            for address in some:
                del self._waiting[address]
            turn.rest()
            if turn.is_over():
                break
        self._returning &= self._waiting.keys()

    def _is_due(self, address: str) -> bool:
        total = self._waiting[address]
        return address in self._returning or total.hits > 1 or total.has_rule

    def _drop_excess(self) -> None:
        """Drop the addresses that have waited longest, those that missed a single page first."""
        count = len(self._waiting) - WAITING_MAX
        if count > 0:
            for address in sorted(self._waiting, key=self._is_due)[:count]:
                del self._waiting[address]
            dropped.send_robust(sender=TrashIP, count=count, why="more suspects than can wait for a row")

    def _add_ban(self, address: str, reason: str) -> None:
        if self._banned.get(address, 0.0) > monotonic():
            return
        if len(self._to_ban) >= TO_BAN_MAX and address not in self._to_ban:
            self._unbanned += 1
            return
        self._to_ban[address] = reason

    def _ban(self, turn: Turn) -> None:
        """Ban those that have waited longest, and others for the same reason with them; the rest later."""
        is_first = True
        while self._to_ban and (is_first or not turn.is_over()):
            reason = next(iter(self._to_ban.values()))
            some = list(islice((one for one, its in self._to_ban.items() if its == reason), BANS))
            calls.ban(some, seconds=int(conf.TRASHIP_AUTO_BAN_S), actor=ACTOR, reason=reason)
            for address in some:
                del self._to_ban[address]
                self._banned[address] = monotonic() + PAUSE_S
            turn.rest()
            is_first = False
        lost, self._unbanned = self._unbanned, 0
        if lost:
            dropped.send_robust(sender=TrashIP, count=lost, why="more addresses than can wait for a ban")

    def forget_old(self) -> None:
        """Forget what has left the window.

        An address that missed one page here and another in a different process gets its row here.
        """
        now, monotonic_now = time(), monotonic()
        self._window.forget_old()
        self._excused.forget_old()
        self._own_pages.forget_old()
        length_s = float(conf.TRASHIP_404_WINDOW_S)
        once = [address for address, total in self._waiting.items() if total.hits == 1 and not total.has_rule]
        asked = once[:ASKED]
        twice = self._window.find_returning(asked)
        for address in asked:
            # the others are asked about next time
            self._waiting[address] = self._waiting.pop(address)
        if twice:
            rows.write({address: self._waiting[address] for address in twice})
        for address in once:
            if address in twice or self._waiting[address].last < now - length_s:
                del self._waiting[address]
        self._written = {key: until for key, until in self._written.items() if until > monotonic_now}
        self._banned = {address: until for address, until in self._banned.items() if until > monotonic_now}


def _send(offence: Offence, count: int) -> None:
    offence_signal.send_robust(
        sender=TrashIP, address=offence.address, reason=offence.reason, path=offence.path,
        user_agent=offence.agent, status=offence.status, count=count,
    )  # fmt: skip


def burst_points(count: int) -> int:
    """Return the points that are a burst; after TRASHIP_404_THRESHOLD requests a quarter of them."""
    distinct = int(conf.TRASHIP_404_DISTINCT)
    return distinct if count < int(conf.TRASHIP_404_THRESHOLD) else max(2, distinct // 4)
