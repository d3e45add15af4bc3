"""Decides whether the failures of a client are a large part of what it does: the rest is not fail2ban's.

Many people share the address of an office or of a mobile carrier, and some of them always lose their radio. A
line is spared while its client gets much more answered than it fails. Who gets nothing is counted as ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ideolab_f2b.intake import client
from ideolab_f2b.intake.kind import Kind
from ideolab_f2b.intake.limits.recent import RecentCounts
from ideolab_f2b.intake.text import Evidence

#: seconds for which failures and answers are counted: the longest findtime of the jails that count them
WINDOW_S = 600.0
#: seconds of answers that are compared with timeouts at least: phones that lose their radio together time out
#: together, and right after a start few answers are counted yet. Those of a shorter time stand for so many
LEAST_S = 60.0
#: seconds; the answers of a shorter time are too few to stand for more
_SHORTEST_S = 1.0
#: clients in each of the tables; about 30 MB for all of them
KEYS = 100_000
#: answers for each failure that is spared, however many there are: a carrier has thousands of people, and a
#: page is ten to sixty answers. Nobody sends garbage by losing a radio
ANSWERS = {Evidence.TIMEOUT: 8, Evidence.GARBAGE: 256, Evidence.SHOWN: 8}
#: logs whose failures are counted apart: a stalled request may have a line in both
LOGS = 2
#: of a connection with more requests nginx names each tenth (deploy/nginx/ideolab-served.conf)
_EACH, _STEP = 10, 10


class Served:
    """Counts the answers that clients get, as nginx's datagrams of the tag served_tag say.

    The failures of each log stand in columns of the same table.
    """

    def __init__(self, window_s: float = WINDOW_S, keys: int = KEYS) -> None:
        self.table = RecentCounts(window_s, keys, 1 + LOGS * len(Evidence))

    def add(self, texts: Iterable[bytes], now: float) -> int:
        """Count the datagrams of a batch (`ADDRESS STATUS NUMBER`); return how many were none."""
        self.table.advance(now)
        malformed, row_of = 0, self.table.row
        for text in texts:
            address, _space, rest = text.partition(b" ")
            number = rest[4:]
            key = client.key_of(address)
            if key and number.isdigit() and len(number) < 10:
                row_of(key).counts[0] += 1 if int(number) <= _EACH else _STEP
            else:
                malformed += 1
        return malformed


class Share:
    """Compares the failures of one log with the answers; `log` is its number, below LOGS."""

    def __init__(self, served: Served, log: int = 0) -> None:
        self._table = served.table
        first = 1 + log * len(Evidence)
        # by the number of the evidence
        self._columns = [(first + one, ANSWERS[one]) for one in Evidence]

    def advance(self, now: float) -> None:
        """Take note of the time."""
        self._table.advance(now)

    def is_spared(self, key: bytes, evidence: Evidence) -> bool:
        """Count one more failure; return whether the client has enough answers for all of this evidence."""
        table, (column, answers) = self._table, self._columns[evidence]
        # as row(), without a call: there is one for each line of a flood
        row = table.rows.get(key) or table.make(key)
        counts, before = row.counts, row.before
        counts[column] += 1
        answered, failed = float(counts[0]), float(counts[column])
        if before is not None:
            answered += table.part * before[0]
            failed += table.part * before[column]
        needed = failed * answers
        if answered >= needed or not answered or evidence is not Evidence.TIMEOUT:
            return answered >= needed
        known_s = min(max(table.history_s, _SHORTEST_S), LEAST_S)
        return answered * LEAST_S >= needed * known_s

    def count(self, failures: Iterable[Kind]) -> None:
        """Count failures whose lines go nowhere; who was never counted has no answers, and gets no row."""
        for (key, words), number in Counter(failures).items():
            row = self._table.find(key)
            if row is not None:
                column, _answers = self._columns[words.evidence]
                row.counts[column] += number
