"""Decides whether the failures of a client are a large part of what it does: the rest is not fail2ban's.

Many people share the address of an office or of a mobile carrier, and some of them always lose their radio. A
line is spared while its client gets much more answered than it fails. Who gets nothing is counted as ever.
"""

from __future__ import annotations

from collections.abc import Iterable

from ideolab_f2b.intake import client
from ideolab_f2b.intake.limits.recent import RecentCounts

#: seconds for which failures and answers are counted: the longest findtime of the jails that count them
WINDOW_S = 300.0
#: clients in each of the tables; about 15 MB for all of them
KEYS = 100_000
#: answers for each failure that is spared. A page is ten to sixty answers, so whoever gets pages is spared a
#: failure beside each; who holds connections open has to ask eight times for each of them
ANSWERS = 8
#: failures in the window after which each takes MANY_ANSWERS, as a carrier with thousands of people has them
FEW = 60
MANY_ANSWERS = 64
#: of a connection with more requests nginx names each tenth (deploy/nginx/ideolab-log.conf)
_EACH, _STEP = 10, 10


class Served:
    """Counts the answers that clients get, as nginx's datagrams of the tag served_tag say."""

    def __init__(self, window_s: float = WINDOW_S, keys: int = KEYS) -> None:
        self._answers = RecentCounts(window_s, keys)
        #: returns the answers that the client with this key got lately
        self.count = self._answers.count

    def add(self, texts: Iterable[bytes], now: float) -> int:
        """Count the datagrams of a batch (`ADDRESS STATUS NUMBER`); return how many were none."""
        self._answers.advance(now)
        malformed = 0
        for text in texts:
            address, _space, rest = text.partition(b" ")
            number = rest[4:]
            key = client.key_of(address)
            if key and number.isdigit() and len(number) < 10:
                self._answers.add(key, 1 if int(number) <= _EACH else _STEP)
            else:
                malformed += 1
        return malformed


class Share:
    """Compares the failures of one log with the answers."""

    def __init__(self, served: Served, window_s: float = WINDOW_S, keys: int = KEYS) -> None:
        # called for each line of a flood
        self._count_answers = served.count
        self._failures = RecentCounts(window_s, keys)
        self._add_failure = self._failures.add

    def advance(self, now: float) -> None:
        """Take note of the time."""
        self._failures.advance(now)

    def add(self, key: bytes, is_counted: bool) -> float:
        """Count one more failure; return how many this client has, or 0 when it is spared.

        What only the modes for a look read (not `is_counted`) is compared for itself.
        """
        failures = self._add_failure(key if is_counted else key + b"+")
        answers = self._count_answers(key)
        if not answers or answers < failures * ANSWERS:
            return failures
        more = max(0.0, failures - FEW)
        return failures if answers < failures * ANSWERS + more * (MANY_ANSWERS - ANSWERS) else 0
