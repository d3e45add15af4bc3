"""What a ticket passes on its way into a jail: its own time, and the refusal of what must not be banned.

fail2ban has no place for either: the hooks are on the jail's `putFailTicket` (log lines, restored bans), on
`addBannedIP` (`fail2ban-client set JAIL banip`) and on the ban list (a ban that gets longer).
"""

from __future__ import annotations

import functools
import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple, Optional

from ideolab_f2b.actions import ttl
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.full_sets import FullSets
from ideolab_f2b.actions.ban.hooks import Hooks, Method
from ideolab_f2b.actions.ban.observer import observe
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.refusal import RefusedError, short
from ideolab_f2b.actions.tickets import (
    ban_manager,
    give_to_root,
    is_of_root,
    network_of_identity,
    parsed_key,
)
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.ipset.element import LONGEST, Key, Network, key_of, network_of

#: seconds until a refused address is told again: it can be a suspect every few seconds
SAY_AGAIN_S = 600.0
#: refused addresses that are remembered for that
SAID_LIMIT = 1000
#: bits of the widest network that a log line bans, by IP version: who writes a line need not be root
LINE_PREFIX = {4: 24, 6: 48}
#: in a ticket's data, and so in fail2ban's database: root has lifted the cap for it
FORCED = "forced"
_log = logging.getLogger("fail2ban.ideolab-ban")


class Admitted(NamedTuple):
    """What may be banned: its name as fail2ban has it, its networks, and what to say of it."""

    name: str
    keys: Sequence[Key]
    detail: str = ""
    #: above the cap, by root's order
    is_forced: bool = False


class Examined(NamedTuple):
    """What a ban would hold, why it is refused, and what --force would lift of that."""

    name: str
    keys: Sequence[Key] = ()
    refusals: Sequence[str] = ()
    #: why it is above the cap, or ""
    excess: str = ""


@dataclass
class Ordered:
    """A ban on its way through `addBannedIP`, which has no room for a time and no answer."""

    seconds: int
    #: who calls the helper by sudo does not lift it
    is_root: bool = True
    #: who ordered it and why, as a log line would say it
    line: str = ""
    #: above the cap of addresses of an AS
    is_forced: bool = False
    #: what fail2ban holds afterwards
    ticket: Any = None
    is_new: bool = False
    #: it was banned, and for at least as long
    is_as_before: bool = False

    def fill(self, ticket: Any) -> None:
        """Write the time that was ordered into fail2ban's ticket, and the line as the one that matched."""
        if self.line:
            ticket.setMatches([self.line])
        ticket.setBanTime(self.seconds)
        # what tells a time of its own from the jail's
        ticket.setData("ttl", str(self.seconds))
        if self.is_forced:
            ticket.setData(FORCED, True)

    def note(self, ticket: Any, told: dict[str, Any], is_new: bool) -> None:
        """Note what fail2ban's ban list made of the ticket; `told` is its own answer."""
        self.ticket, self.is_new = told.get("ticket") or (ticket if is_new else None), is_new
        self.is_as_before = not is_new and not told.get("prolong")
        if self.is_forced and self.ticket is not None:
            self.ticket.setData(FORCED, True)


class Admission:
    """The hooks on one jail."""

    def __init__(
        self,
        jail: Any,
        protected: Protected,
        counts: BanCounts,
        prolong: Callable[[Any], None],
        clock: Callable[[], float] = time.monotonic,
        most: Callable[[], float] = lambda: math.inf,
        ask: Callable[[Network], Optional[str]] = lambda _network: None,
    ) -> None:
        """`most`: so many bans of a family end the admission of its lines; fail2ban's own list has no end.

        `ask` says why ignorecommand spares a network. fail2ban has asked it for each address of a line.
        """
        self._jail, self._protected, self._counts, self._prolong_element = jail, protected, counts, prolong
        self._most, self._ask = most, ask
        say = functools.partial(_log.warning, "[%s] Refused: %s", jail.name)
        self._complaint = Complaint(say, SAY_AGAIN_S, clock, SAID_LIMIT)
        self._full = FullSets(clock)
        # the socket's thread orders while the jail's bans
        self._current = threading.local()
        self._hooks = Hooks()
        self._hooks.wrap(jail, "putFailTicket", self._put)
        actions = getattr(jail, "actions", None)
        self._hooks.wrap(actions, "addBannedIP", self._ban_by_hand)
        self._hooks.wrap(ban_manager(actions), "addBanTicket", self._add)

    def undo(self) -> None:
        """Take the hooks away; the jail is as fail2ban made it."""
        self._hooks.undo()

    def keys(self, identity: Any) -> Sequence[Key]:
        """The networks to ban, as numbers; RefusedError when they must not be, and fail2ban forgets it."""
        key = parsed_key(identity)
        if key is not None and self._protected.admits(*key):
            return (key,)
        try:
            return self._find_keys(identity)
        except RefusedError as error:
            # it came by a way that we have not hooked, or became an own address while it waited
            self._counts.add("refused")
            self._take_back(identity)
            raise RefusedError(f"Refused: {error}") from error

    def _find_keys(self, identity: Any) -> Sequence[Key]:
        return (key_of(self._require_harmless(identity)),)

    def facts(self, info: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `info` says of the ban that this thread has just put into the ban list, as a plain dict.

        fail2ban works out each word of `info` when it is asked for, by an exception: in a burst these take as
        long as the kernel. `info` itself for a ban that was in the list before.
        """
        ticket, self._current.ticket = getattr(self._current, "ticket", None), None
        try:
            ip = info["ip"]
            if ticket is None or ticket.getIP() is not ip:
                return info
            return {
                "ip": ip,
                "time": ticket.getTime(),
                "bantime": int(ticket.getBanTime(self._jail.actions.getBanTime())),
                "restored": ticket.restored,
                # nobody reads those of a restored ban, and to join them would delay it
                "matches": "" if ticket.restored else "\n".join(ticket.getMatches()),
            }
        except Exception:
            # no short cut is worth a ban
            return info

    def admit(self, identity: Any, *, is_forced: bool = False) -> Admitted:
        """What is ordered, before it is; RefusedError, counted, when it must not be banned."""
        try:
            return self.check(identity, is_forced=is_forced)
        except RefusedError:
            self._counts.add("refused")
            raise

    def check(self, identity: Any, *, is_forced: bool = False) -> Admitted:
        """What a person names, as it would be banned; RefusedError when it must not be."""
        network = self._ask_command(self._require_harmless(identity))
        return Admitted(short(network), (key_of(network),))

    def examine(self, word: str) -> Examined:
        """What a ban of this word would hold, and what refuses it; nothing is banned or counted."""
        try:
            network = network_of_identity(word)
            name, keys = short(network), (key_of(network),)
        except RefusedError as error:
            return Examined(word, refusals=(str(error),))
        try:
            self.check(word)
        except RefusedError as error:
            return Examined(name, keys, (str(error),))
        return Examined(name, keys)

    def order(
        self, identity: str, seconds: int, is_root: bool = True, line: str = "", *, is_forced: bool = False
    ) -> Ordered:
        """Ban now, in this thread, for a time of its own (-1: for good)."""
        self._current.ordered = ordered = Ordered(seconds, is_root, line, is_forced)
        try:
            self._jail.actions.addBannedIP(identity)
        finally:
            self._current.ordered = None
        return ordered

    def note_full(self, version: int, identity: Any, is_new: bool) -> None:
        """The set of a family has no room; fail2ban forgets a new ban, which would only fill its list.

        An order is left to its own answer. A restored ban stays: it was in the kernel before.
        """
        self._full.note_full(version)
        if is_new and getattr(self._current, "ordered", None) is None:
            self._take_back(identity)

    def note_room(self, version: int) -> None:
        """A ban of this IP version has ended."""
        self._full.note_room(version)

    def _take_back(self, identity: Any) -> None:
        """Let fail2ban forget a ban that the kernel does not hold."""
        bans = ban_manager(self._jail.actions)
        if bans.getTicketByID(identity) is not None:
            bans.setBanTotal(bans.getBanTotal() - 1)
        database = self._jail.database
        if database is not None:
            # after the observer, which writes the ban down when it comes to it
            observe(database.delBan, self._jail, identity)

    def _put(self, original: Method) -> Method:
        def put(ticket: Any) -> Any:
            try:
                admitted = self._admit(ticket)
            except Exception as error:
                # a ban with the jail's time is better than none; ban() checks again
                _log.error("[%s] %s: %s", self._jail.name, ticket.getID(), error)
                admitted = True
            return original(ticket) if admitted else None

        return put

    def _admit(self, ticket: Any) -> bool:
        text = ticket.getData("ttl")
        if text is not None and ticket.getBanTime() is None:
            seconds, complaint = ttl.ban_time(str(text), int(self._jail.getMaxBanTime()))
            if complaint:
                _log.warning("[%s] %s: %s", self._jail.name, ticket.getID(), complaint)
            ticket.setBanTime(seconds)
        try:
            self._require_ticket(ticket)
        except RefusedError as refused:
            self._counts.add("refused")
            self._complaint.say(str(refused), str(ticket.getID()))
            return False
        return True

    def _require_ticket(self, ticket: Any) -> None:
        """RefusedError for a ticket that came by a line, or out of the database, and must not be banned."""
        identity = ticket.getID()
        key = parsed_key(identity)
        # the quick answer for what fail2ban has parsed
        if key is None or not self._protected.admits(*key):
            key = key_of(self._require_harmless(identity))
        # what root has ordered comes back after a restart
        if not ticket.restored:
            self._require_room(ticket, key)
            if key[2] < LONGEST[key[0]]:
                self._ask_command(network_of(key))

    def _require_room(self, ticket: Any, key: Key) -> None:
        """RefusedError for a network that no line may ban, and for a new ban when there are too many."""
        identity, (version, _address, prefixlen) = ticket.getID(), key
        if prefixlen < LINE_PREFIX[version]:
            raise RefusedError(f"{identity} is wider than /{LINE_PREFIX[version]}, the most by a log line")
        bans = ban_manager(self._jail.actions)
        # not getTicketByID: that takes the ticket out of the list
        if not self._full.has_room(version, bans, self._most()) and not bans._inBanList(ticket):
            raise RefusedError(f"{identity}: {bans.size()} are banned, and there is no room for more")

    def _require_harmless(self, identity: Any) -> Network:
        """The network of a ticket's ID; RefusedError when it must not be banned."""
        network = network_of_identity(identity)
        why = self._protected.refusal(network)
        if why is not None:
            raise RefusedError(why)
        return network

    def _ask_command(self, network: Network) -> Network:
        """The same network; RefusedError when ignorecommand spares it or a member of it."""
        why = self._ask(network)
        if why is not None:
            raise RefusedError(why)
        return network

    def _ban_by_hand(self, original: Method) -> Method:
        def ban(identities: Any) -> Any:
            wanted = identities if isinstance(identities, list) else [identities]
            allowed, refused = [], []
            for identity in wanted:
                try:
                    allowed.append(self._admit_by_hand(identity))
                except (RefusedError, AsnTableError) as error:
                    refused.append(f"Refused: {error}")
            banned = self._call_as_root(original, allowed) if allowed else 0
            if refused:
                self._counts.add("refused", len(refused))
                # this reaches the administrator, through a pickle that knows no class of ours
                raise ValueError("; ".join(refused))
            return banned

        return ban

    def _admit_by_hand(self, identity: Any) -> Any:
        """What fail2ban is given for a word of `banip`; RefusedError."""
        self._ask_command(self._require_harmless(identity))
        return identity

    def _call_as_root(self, original: Method, identities: list[Any]) -> Any:
        """Ban; what the helper has not ordered comes from who may use fail2ban's socket, and is root's."""
        ordered: Optional[Ordered] = getattr(self._current, "ordered", None)
        self._current.is_root = ordered is None or ordered.is_root
        try:
            return original(identities)
        finally:
            self._current.is_root = False

    def _add(self, original: Method) -> Method:
        def add(ticket: Any, reason: Optional[dict[str, Any]] = None) -> Any:
            told: dict[str, Any] = {} if reason is None else reason
            ordered: Optional[Ordered] = getattr(self._current, "ordered", None)
            if ordered is not None:
                ordered.fill(ticket)
            is_root = getattr(self._current, "is_root", False)
            if is_root:
                give_to_root(ticket)
            is_new = original(ticket, reason=told)
            self._current.ticket = ticket if is_new else None
            if ordered is not None:
                ordered.note(ticket, told, bool(is_new))
            banned = told.get("ticket")
            is_taken_over = is_root and banned is not None and _take_over(banned)
            if told.get("prolong"):
                self._prolong(banned)
            if is_taken_over or (told.get("prolong") and _have_own_time(ticket, banned)):
                self._write_down(banned)
            return is_new

        return add

    def _prolong(self, banned: Any) -> None:
        # fail2ban makes the ban longer in its own list only: no action hears of it, the element would expire
        try:
            self._prolong_element(banned)
        except Exception as error:
            _log.error("[%s] %s was not prolonged: %s", self._jail.name, banned.getID(), error)

    def _write_down(self, banned: Any) -> None:
        # fail2ban writes new bans only
        try:
            if self._jail.database is not None:
                observe(self._jail.database.addBan, self._jail, banned)
        except Exception as error:
            _log.error("[%s] %s was not written down: %s", self._jail.name, banned.getID(), error)


def _have_own_time(*tickets: Any) -> bool:
    return any(each.getData("ttl") is not None for each in tickets)


def _take_over(ticket: Any) -> bool:
    """Note that a ban is root's now; False when it was before."""
    was_root = is_of_root(ticket)
    give_to_root(ticket)
    return not was_root
