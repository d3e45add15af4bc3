"""Processes one of nginx's logs: classifies each line, then writes it or counts why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Optional, Protocol

from ideolab_f2b import logline
from ideolab_f2b.intake.kind import OUT_OF_CONNECTIONS, SHORT, UNREAD, Kind
from ideolab_f2b.intake.limits.budget import Budget
from ideolab_f2b.intake.limits.collapse import Collapse, Collapsed
from ideolab_f2b.intake.limits.share import Share
from ideolab_f2b.intake.text import Evidence


class LineOutput(Protocol):
    """Takes lines; must not raise."""

    #: bytes that were written since the start
    bytes_written: int

    def write(self, texts: Sequence[bytes]) -> int:
        """Write one line for each text; return how many of them were written."""
        ...


class Grammar(NamedTuple):
    """What the lines of one log say: their kind (None: no line of this log), and what is written of them."""

    kind_of: Callable[[bytes], Optional[Kind]]
    write: Callable[[bytes, Kind], bytes]


class Pipeline:
    """Processes the lines of one log; `counts` counts them by the results of metrics.RESULTS."""

    def __init__(
        self,
        grammar: Grammar,
        share: Share,
        collapse: Collapse,
        budget: Budget,
        output: LineOutput,
        counts: Counter[str],
    ) -> None:
        self._grammar, self._share, self._collapse, self._budget = grammar, share, collapse, budget
        self._output, self._counts = output, counts

    def process(self, texts: Sequence[bytes], now: float, when: datetime) -> Optional[bytes]:
        """Write the lines of one batch that pass; return one that is no line of this log, if there is any.

        `now` is the clock of the windows (seconds, it never goes back), `when` the date of their summaries.
        """
        self.end_window(now, when)
        self._share.advance(now)
        self._budget.advance(now)
        kinds = list(map(self._grammar.kind_of, texts))
        passed = self._choose(texts, kinds)
        malformed, alerts = kinds.count(None), kinds.count(OUT_OF_CONNECTIONS)
        self._counts["malformed"] += malformed
        self._counts["unread"] += kinds.count(UNREAD) + alerts
        self._counts["alerts"] += alerts
        self._write(passed, "written")
        return texts[kinds.index(None)] if malformed else None

    def _choose(self, texts: Sequence[bytes], kinds: Sequence[Optional[Kind]]) -> list[bytes]:
        """Return the lines that go on to fail2ban; count why the others do not."""
        is_spared, passes, write = self._share.is_spared, self._collapse.passes, self._grammar.write
        allows = None if self._budget.is_ample else self._budget.allows
        passed: list[bytes] = []
        refused: list[Kind] = []
        spared = over = 0
        for text, kind in zip(texts, kinds):
            if kind is None or kind is UNREAD or kind is OUT_OF_CONNECTIONS:
                continue
            # first, for it is cheap: of a flood no more is compared with the answers than could pass
            if not passes(kind):
                refused.append(kind)
                continue
            key, words = kind
            evidence = words.evidence
            if is_spared(key, evidence):
                spared += 1
            elif allows and not allows(evidence is not Evidence.SHOWN, key):
                over += 1
            else:
                is_plain = len(text) <= SHORT and key[-1:] != b"/" and b"::ffff:" not in text
                passed.append(text if is_plain else write(text, kind))
        # they are failures as those that pass: a flood must not be spared for its first lines
        self._share.count(refused)
        self._counts.update(spared=spared, collapsed=len(refused), over_budget=over)
        return passed

    def end_window(self, now: float, when: datetime) -> None:
        """Write the summary of a window that is over; an infinite `now` ends the last one."""
        self._write([format_summary(one, when) for one in self._collapse.end_window(now)], "summary")

    def _write(self, texts: list[bytes], result: str) -> None:
        if texts:
            before = self._output.bytes_written
            written = self._output.write(texts)
            self._budget.spend(self._output.bytes_written - before)
            self._counts[result] += written
            self._counts["lost"] += len(texts) - written


def format_summary(collapsed: Collapsed, when: datetime) -> bytes:
    """Return a line that no filter counts: the lines that passed before it were more than a ban needs."""
    plain, quoted = {"lines": collapsed.lines}, {"kind": collapsed.words}
    line = logline.format_line(
        when, "intake", "collapsed", collapsed.address or "-", plain, quoted if collapsed.words else {}
    )
    return line.encode("ascii")
