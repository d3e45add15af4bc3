"""Refuses the tickets of what was lifted since: after a crash fail2ban reads lines again, and restores rows.

The hooks are on the jail's `putFailTicket` and `addBanTicket` (what comes in), on `addBannedIP` (a person's
order, which is never old) and on `removeBannedIP` (one unban, many, or all).
"""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Callable, Optional

from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.hooks import Hooks, Method
from ideolab_f2b.actions.ban.lifted import offence_time
from ideolab_f2b.actions.ban.lifted.ahead import AheadOffences
from ideolab_f2b.actions.ban.lifted.lift_memory import LiftMemory
from ideolab_f2b.actions.ban.lifted.lifts import ALL
from ideolab_f2b.actions.ban.lifted.offence_time import OffenceTime
from ideolab_f2b.actions.ban.observer import is_behind, observe
from ideolab_f2b.actions.tickets import ban_manager, is_ban
from ideolab_f2b.actions.ttl import PERMANENT
from ideolab_f2b.complaint import Complaint

#: seconds until a refused address is told again
SAY_AGAIN_S = 600.0
#: seconds after which a filter that does not say so has read what was there at its start (fail2ban 0.11)
START_S = 60.0
#: seconds that a lift may be ahead of the clock by rounding; more, and the clock was set back
_AHEAD_S = 1.0
_MILLISECOND = 0.001
_log = logging.getLogger("fail2ban.ideolab-ban")


class _OfThread(threading.local):
    """What a call of fail2ban's is doing in its thread."""

    is_by_hand = False
    calls = 0

    def __init__(self) -> None:
        self.lifted: list[str] = []


class OldTickets:
    """The hooks on one jail."""

    def __init__(
        self, jail: Any, counts: BanCounts, directory: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._jail, self._counts, self._clock = jail, counts, clock
        self._began = clock()
        self._complaint = Complaint(
            functools.partial(_log.info, "[%s] Refused: %s", jail.name), SAY_AGAIN_S, clock
        )
        self._memory = LiftMemory(jail, clock)
        self._memory.keep_in(directory)
        self._ahead = AheadOffences()
        self._current = _OfThread()
        self._hooks = Hooks()

    def set_hooks(self) -> None:
        """Begin to refuse; what fail2ban's jail does not allow is raised."""
        self._hooks.wrap(self._jail, "putFailTicket", self._put)
        actions = getattr(self._jail, "actions", None)
        self._hooks.wrap(actions, "addBannedIP", self._ban_by_hand)
        self._hooks.wrap(actions, "removeBannedIP", self._remove)
        self._hooks.wrap(ban_manager(actions), "addBanTicket", self._add)

    def keep_in(self, directory: Path) -> None:
        """Use another directory of state from now on."""
        self._memory.keep_in(directory)

    def stats(self) -> dict[str, Any]:
        """Return what `stats` says of the lifts."""
        return self._memory.stats()

    def find_lift(self, identity: str) -> Optional[float]:
        """Return when the ban of an address or network was lifted by a person; None when it was not."""
        return self._memory.lifted.find(identity)

    def undo(self) -> None:
        """Take the hooks away."""
        self._hooks.undo()

    def note_unban(self, info: Mapping[str, Any]) -> None:
        """Note an unban before it is carried out; at the end of its time it is no lift.

        But where its line is ahead: read again it would begin a new time. Never raises.
        """
        try:
            since, bantime, now = info["time"], info["bantime"], self._clock()
            identity = str(info["ip"])
            ahead = self._ahead.find(identity)
            if bantime != PERMANENT and since + bantime <= now and ahead <= now:
                return
            # a clock that was set back: the offence has a later date than its end
            self._note(identity, max(now if since <= now else since + 1, ahead))
        except Exception as error:
            _log.error("[%s] Unban %s: %r", self._jail.name, info, error)

    def _note(self, identity: str, at: float) -> None:
        # another filter's jail may ban by what is no address
        if identity != ALL and not is_ban(identity):
            return
        with self._one_call():
            self._memory.note(identity, at)
            self._current.lifted.append(identity)

    def _note_all(self, now: float) -> None:
        self._note(ALL, now)
        # each by itself: one date of the next year must not be that of all
        for identity, at in self._ahead.rows(now):
            self._note(identity, at)

    @contextlib.contextmanager
    def _one_call(self) -> Iterator[None]:
        """Wait for the disk once, when all that one call has lifted is written."""
        current = self._current
        current.calls += 1
        try:
            yield
        finally:
            current.calls -= 1
            if current.calls == 0 and current.lifted:
                lifted, current.lifted = current.lifted, []
                self._memory.sync()
                if is_behind():
                    # the observer comes to write such a ban down only now
                    self._forget(lifted)

    def _forget(self, identities: list[str]) -> None:
        try:
            observe(self._delete_rows, identities)
        except Exception as error:
            # the row is refused at the next start
            _log.info("[%s] fail2ban's database: %r", self._jail.name, error)

    def _delete_rows(self, identities: list[str]) -> None:
        held = set(map(str, ban_manager(self._jail.actions).getBanList()))
        gone = [each for each in identities if each != ALL and each not in held]
        if gone and self._jail.database is not None:
            self._jail.database.delBan(self._jail, *gone)

    def _remove(self, original: Method) -> Method:
        def remove(ip: Any = None, *args: Any, **keywords: Any) -> Any:
            with self._one_call():
                if ip is None:
                    self._note_all(self._clock())
                    self._current.lifted += map(str, ban_manager(self._jail.actions).getBanList())
                return original(ip, *args, **keywords)

        return remove

    def _ban_by_hand(self, original: Method) -> Method:
        def ban(*args: Any, **keywords: Any) -> Any:
            self._current.is_by_hand = True
            try:
                return original(*args, **keywords)
            finally:
                self._current.is_by_hand = False

        return ban

    def _put(self, original: Method) -> Method:
        def put(ticket: Any) -> Any:
            try:
                is_old = self._is_old(ticket)
            except Exception as error:
                # a ban too many is better than one too few
                _log.error("[%s] %s: %r", self._jail.name, ticket.getID(), error)
                is_old = False
            return None if is_old else original(ticket)

        return put

    def _is_old(self, ticket: Any) -> bool:
        identity, offence = str(ticket.getID()), offence_time.read(ticket)
        self._ahead.note(identity, offence.at, self._clock())
        lifted_at = self._memory.lifted.find(identity)
        if lifted_at is None:
            return False
        if not offence.is_until(lifted_at):
            offence_time.note(ticket, offence.at)
            return False
        if not ticket.restored and self._is_new(offence, lifted_at):
            self._memory.put(identity, int(offence.at) - _MILLISECOND)
            self._note_later(ticket, lifted_at)
            return False
        self._refuse(identity, lifted_at, ticket.restored)
        return True

    def _note_later(self, ticket: Any, lifted_at: float) -> None:
        """Give the ticket a time after the lift, which can be ahead of now: its row must come back."""
        offence_time.note(ticket, max(self._clock(), lifted_at + _MILLISECOND))

    def _is_new(self, offence: OffenceTime, lifted_at: float) -> bool:
        """Whether the dates cannot tell, but the line was read a moment ago, and for the first time."""
        is_same_second = not offence.is_exact and int(offence.at) == int(lifted_at)
        return self._is_in_operation() and (is_same_second or lifted_at > self._clock() + _AHEAD_S)

    def _is_in_operation(self) -> bool:
        """False while the filter reads what was written before its start."""
        told = getattr(self._jail.filter, "inOperation", None)
        return bool(self._clock() - self._began > START_S if told is None else told)

    def _add(self, original: Method) -> Method:
        def add(ticket: Any, reason: Any = None) -> Any:
            told = {} if reason is None else reason
            if self._current.is_by_hand:
                self._note_later(ticket, self._memory.lifted.find(str(ticket.getID())) or 0.0)
            elif self._is_lifted_meanwhile(ticket):
                # fail2ban's word for a ticket that it drops
                told["expired"] = 1
                return False
            return original(ticket, reason=told)

        return add

    def _is_lifted_meanwhile(self, ticket: Any) -> bool:
        """Whether its ban was lifted while the ticket was queued; what came later has its time noted."""
        if not len(self._memory.lifted):
            return False
        identity = str(ticket.getID())
        lifted_at = self._memory.lifted.find(identity)
        if lifted_at is None:
            return False
        admitted_by = ticket.getData(offence_time.KEY)
        if isinstance(admitted_by, (int, float)) and admitted_by > lifted_at:
            return False
        self._refuse(identity, lifted_at, ticket.restored)
        return True

    def _refuse(self, identity: str, lifted_at: float, is_restored: bool) -> None:
        self._counts.add("refused")
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(lifted_at))
        self._complaint.say(f"{identity} was unbanned at {when}, after this", identity)
        if is_restored:
            self._forget([identity])
