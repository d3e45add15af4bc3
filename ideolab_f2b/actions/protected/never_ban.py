"""The administrator's list of what no jail of ours bans: a file of root's, read once for all jails."""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Sequence
from typing import Callable, NamedTuple, Optional

from ideolab_f2b import files
from ideolab_f2b.actions.protected.refusal import Listed, describe_everybody, listing
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.logline import quote
from ideolab_f2b.notation import content, word_list
from ideolab_f2b.notation.word_list import Problem

#: bytes that are read, about 60,000 entries: a list of every network there is would be a mistake, and slow
SIZE_LIMIT = 1 << 20
#: seconds that a list counts after its file became empty or went away: editors do both while they save
GONE_S = 60.0
#: seconds until the log says the same mistake again
SAY_AGAIN_S = 86_400.0
#: words that one message names
NAMED = 5
_log = logging.getLogger("fail2ban.ideolab-ban")


class NotRootsError(OSError):
    """Somebody else can write a file, and so decide who is never banned."""


class NeverBan(NamedTuple):
    """What the list says, and what is wrong with it."""

    listed: tuple[Listed, ...] = ()
    names: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()


class _Kept(NamedTuple):
    """A list, the state of its file when it was read, and when it was there last."""

    state: Optional[tuple[int, ...]]
    found: NeverBan
    seen: float


class NeverBanFiles:
    """The lists of a server, by path: a file that did not change is not read again. For any thread."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], object] = _log.error,
    ) -> None:
        self._clock = clock
        self._complaint = Complaint(say, SAY_AGAIN_S, clock)
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def read(self, path: str) -> NeverBan:
        """Return what the list says; nothing when there is no file, or none is wanted (an empty path).

        What is wrong is logged once and is in `troubles`. A list that cannot be read keeps its last entries.
        """
        if not path:
            return NeverBan()
        known = self._kept.get(path)
        # a long list that another thread reads must not hold a ban
        if not self._lock.acquire(blocking=known is None):
            return known.found if known is not None else NeverBan()
        try:
            before = self._kept.get(path, _Kept(None, NeverBan(), float("-inf")))
            self._kept[path] = after = self._renew(path, before)
        finally:
            self._lock.release()
        for trouble in after.found.troubles:
            self._complaint.say(trouble, trouble)
        return after.found

    def _renew(self, path: str, before: _Kept) -> _Kept:
        now = self._clock()
        try:
            state, data = _read(path, before.state)
        except OSError as error:
            text = str(error) if isinstance(error, NotRootsError) else f"{path} is not read: {error}"
            return before._replace(state=None, found=before.found._replace(troubles=(text,)))
        if data is None:
            return before._replace(seen=now)
        if not data and now - before.seen < GONE_S:
            return before._replace(state=None)
        return _Kept(state, parse(data, path), now)


def _read(path: str, known: Optional[tuple[int, ...]]) -> tuple[Optional[tuple[int, ...]], Optional[bytes]]:
    """Return the state of a file and its bytes; None instead of those when its state is the known one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None, b""
    try:
        found = os.fstat(descriptor)
        _require_roots(path, found)
        state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if state == known:
            return state, None
        # a directory never becomes a file object: its descriptor would stay open with each look
        return state, os.read(descriptor, SIZE_LIMIT + 1)
    finally:
        os.close(descriptor)


def _require_roots(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or not files.is_written_by(found, 0):
        raise NotRootsError(
            f"{path} is not read: chown root and chmod 644 it, so that only root can write it"
        )


def parse(data: bytes, path: str) -> NeverBan:
    """Return what the bytes of a list say; `path` is only named. Pure."""
    troubles = []
    if len(data) > SIZE_LIMIT:
        data = data[:SIZE_LIMIT].rpartition(b"\n")[0]
        lines = data.count(b"\n") + 1
        troubles.append(f"{path} is too large: what follows line {lines} protects nobody")
    found = word_list.parse(content.decode(data))
    if found.problems:
        troubles.append(f"{path}: {describe(found.problems)}")
    listed = tuple(listing(network, f"listed in {path}") for network in found.networks)
    troubles += describe_everybody(listed)
    return NeverBan(listed, found.names, tuple(troubles))


def describe(problems: Sequence[Problem]) -> str:
    """Return one sentence about words that are no entry, the first ones with their lines."""
    named = ", ".join(f"{quote(each.word)} (line {each.line})" for each in problems[:NAMED])
    rest = len(problems) - NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{named}{more}: no address, network, range or host name; the rest of the list counts"


#: of this process: fail2ban makes an action for each jail
NEVER_BAN_FILES = NeverBanFiles()
