"""The addresses of host names that root has listed: a thread asks DNS, no ban waits for an answer."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Optional

from ideolab_f2b.actions.protected.refusal import Listed, listing
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.logline import quote

#: names of all jails and lists together; root writes them, but each costs questions
NAMES = 64
#: addresses of one name: whoever serves its DNS can answer with thousands
ADDRESSES = 32
#: seconds between two questions for a name
REFRESH_S = 60.0
#: the same while it was never answered, as at boot, before there is a network
RETRY_S = 10.0
#: seconds that the last answer protects while the name is not answered any more
KEPT_S = 86_400.0
#: questions at a time: a server that is silent holds one for half a minute, and more
ASKING = 4
#: seconds after which a question without an answer is a trouble
SLOW_S = 30.0
#: seconds between two looks at what is listed
EVERY_S = 3.0
SAY_AGAIN_S = 3600.0
_THREAD = "ideolab-names"
_log = logging.getLogger("fail2ban.ideolab-ban")

#: stands for the names that this host has itself: fail2ban's ignoreself
OWN = "an address of this host's name"

Resolve = Callable[[str], Iterable[Address]]


def resolve(name: str) -> set[Address]:
    """Ask as every program of this host does (hosts, DNS); OSError when there is no answer."""
    if name == OWN:
        return _resolve_own()
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    # the text of an IPv6 address may carry the interface
    return {ip_address(str(address[0]).partition("%")[0]) for *_rest, address in found}


def _unmap(address: Address) -> Address:
    return getattr(address, "ipv4_mapped", None) or address


def _resolve_own() -> set[Address]:
    # many hosts have a name that nobody knows
    found: set[Address] = set()
    for name in {socket.gethostname(), socket.getfqdn()}:
        with contextlib.suppress(OSError):
            found |= resolve(name)
    return found


def _warn(text: str) -> None:
    _log.warning("%s", text)


@dataclass
class NameAnswer:
    """What is known of one name."""

    addresses: tuple[Address, ...] = ()
    #: when it was answered last, None for never
    answered: Optional[float] = None
    #: when it is asked next
    due: float = 0.0
    #: when the question was asked that has no answer yet
    asked: Optional[float] = None
    why: str = ""
    #: how many addresses the last answer had beyond those that are taken
    left_out: int = 0


@dataclass(frozen=True)
class JailNames:
    """A jail: the names that it wants, and what it does when one has another address."""

    names: Callable[[], Iterable[str]]
    on_change: Callable[[], None]


class Names:
    """All names of a server; its thread starts with the first jail, and ends with the last."""

    def __init__(
        self,
        resolve: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], object] = _warn,
    ) -> None:
        self._resolve, self._clock = resolve, clock
        self._complaint = Complaint(say, SAY_AGAIN_S, clock)
        self._lock = threading.Lock()
        self._owners: dict[object, JailNames] = {}
        self._answers: dict[str, NameAnswer] = {}
        self._left_out: set[str] = set()
        self._untold: set[object] = set()
        self._wake = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def add(self, key: object, owner: JailNames) -> None:
        """Ask for the names of this jail from now on."""
        with self._lock:
            self._owners[key] = owner
            self._untold.add(key)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=_THREAD, daemon=True)
                self._thread.start()
        self._wake.set()

    def hurry(self) -> None:
        """Look at what is listed at once: a configuration was loaded."""
        self._wake.set()

    def remove(self, key: object) -> None:
        """Ask no more for this jail; does not wait for an answer."""
        with self._lock:
            self._owners.pop(key, None)
            self._untold.discard(key)
        self._wake.set()

    def listings(self, names: Iterable[str], what: str) -> list[Listed]:
        """Return the addresses of these names that count at this moment."""
        now, found = self._clock(), []
        for name in names:
            answer = self._answers.get(name)
            if answer is not None and _counts(answer, now):
                found += [listing(ip_network(each), f"{name}, {what}") for each in answer.addresses]
        return found

    def troubles(self, names: Iterable[str]) -> list[str]:
        """Return a sentence for each of these names of which something is not known."""
        now = self._clock()
        return [text for text in (self._describe(name, now) for name in names) if text]

    def look(self) -> None:
        """Take what is listed, ask for what is due, and tell the jails what has changed. Never raises."""
        try:
            now = self._clock()
            self._want()
            for name in self._due(now):
                thread = threading.Thread(target=self._ask, args=(name,), name=f"{_THREAD}-ask", daemon=True)
                thread.start()
            for text in self.troubles([*self._answers, *self._left_out]):
                self._complaint.say(text, text.partition(" ")[0])
            self._tell()
        except Exception as error:
            self._complaint.say(f"host names of the lists are not asked for: {error!r}", "look")

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._owners:
                    self._thread = None
                    return
            self.look()
            self._wake.wait(EVERY_S)
            self._wake.clear()

    def _want(self) -> None:
        with self._lock:
            owners = list(self._owners.values())
        wanted = dict.fromkeys(name for owner in owners for name in self._names_of(owner))
        chosen = list(wanted)[:NAMES]
        with self._lock:
            self._left_out = set(wanted) - set(chosen)
            self._answers = {
                name: self._answers.get(name) or NameAnswer(due=self._clock()) for name in chosen
            }

    def _names_of(self, owner: JailNames) -> Iterable[str]:
        try:
            return owner.names()
        except Exception as error:
            # one that is about to end must not keep the others from being asked for
            self._complaint.say(f"the host names of a jail are not known: {error!r}", "names")
            return ()

    def _due(self, now: float) -> list[str]:
        """Note the names that are asked now, those first that wait longest."""
        with self._lock:
            asking = sum(1 for answer in self._answers.values() if answer.asked is not None)
            due = [(answer.due, name) for name, answer in self._answers.items() if _is_due(answer, now)]
            chosen = [name for _due, name in sorted(due)[: max(0, ASKING - asking)]]
            for name in chosen:
                self._answers[name].asked = now
            return chosen

    def _ask(self, name: str) -> None:
        try:
            addresses = {_unmap(each) for each in self._resolve(name)}
            found, why = sorted(addresses, key=lambda each: (each.version, int(each))), ""
        except Exception as error:
            found, why = [], str(error) or repr(error)
        self._note(name, found, why)
        self._wake.set()

    def _note(self, name: str, found: list[Address], why: str) -> None:
        now = self._clock()
        with self._lock:
            answer = self._answers.get(name)
            if answer is None:
                return
            answer.asked = None
            answer.why = why or ("" if found else "it has no address")
            if found:
                before = answer.addresses
                answer.addresses, answer.left_out = tuple(found[:ADDRESSES]), len(found[ADDRESSES:])
                answer.answered = now
                if answer.addresses != before:
                    self._untold.update(self._owners)
            answer.due = now + (RETRY_S if answer.answered is None else REFRESH_S)
        if found:
            self._complaint.settle(name)

    def _tell(self) -> None:
        with self._lock:
            has_answers = any(answer.answered is not None for answer in self._answers.values())
            untold = [(key, self._owners[key]) for key in self._untold] if has_answers else []
            self._untold.difference_update(key for key, _owner in untold)
        for key, owner in untold:
            try:
                owner.on_change()
            except Exception as error:
                # the other jails are told all the same, this one once more
                self._untold.add(key)
                self._complaint.say(f"bans of a name's addresses may stay: {error!r}", "tell")

    def _describe(self, name: str, now: float) -> str:
        answer = self._answers.get(name)
        if name == OWN:
            return ""
        if answer is None:
            why = f"more than {NAMES} names are listed" if name in self._left_out else "nobody has asked yet"
            return f"{name} protects nobody: {why}"
        is_slow = now - (answer.due if answer.asked is None else answer.asked) >= SLOW_S
        why = quote(answer.why) if answer.why else "no answer yet" if is_slow else ""
        if answer.answered is None:
            return f"{name} protects nobody yet: {why}" if why else ""
        if why:
            return f"{name} has no new answer: {why}; {_tell_what_counts(answer, now)}"
        return f"{name} has too many addresses: {answer.left_out} are left out" if answer.left_out else ""


def _is_due(answer: NameAnswer, now: float) -> bool:
    return answer.asked is None and answer.due <= now


def _counts(answer: NameAnswer, now: float) -> bool:
    return answer.answered is not None and now - answer.answered < KEPT_S


def _tell_what_counts(answer: NameAnswer, now: float) -> str:
    return "its last addresses still count" if _counts(answer, now) else "it protects nobody any more"


#: of this process: the jails of a server share one thread
NAMES_OF_SERVER = Names()
