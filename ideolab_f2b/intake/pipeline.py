"""Processes one of nginx's logs: classifies each line, then writes it or counts it in a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Optional, Protocol

from ideolab_f2b import logline
from ideolab_f2b.intake.collapse import Collapse, Collapsed
from ideolab_f2b.intake.kind import Kind


class LineOutput(Protocol):
    """Takes lines; must not raise."""

    def write(self, texts: Sequence[bytes]) -> int:
        """Write one line for each text; return how many of them were written."""
        ...


class Pipeline:
    """Processes the lines of one log.

    `kind_of` returns None for what is no line of this log; `counts` counts what became of the lines by the
    results of metrics.RESULTS.
    """

    def __init__(
        self,
        kind_of: Callable[[bytes], Optional[Kind]],
        collapse: Collapse,
        output: LineOutput,
        counts: Counter[str],
    ) -> None:
        self._kind_of, self._collapse, self._output, self._counts = kind_of, collapse, output, counts

    def process(self, texts: Sequence[bytes], now: float, when: datetime) -> Optional[bytes]:
        """Write the lines of one batch that pass; return one that is no line of this log, if there is any.

        `now` is the clock of the windows (seconds, it never goes back), `when` the date of their summaries.
        """
        self.end_window(now, when)
        passes = self._collapse.passes
        kinds = list(map(self._kind_of, texts))
        passed = [text for text, kind in zip(texts, kinds) if kind is not None and passes(kind)]
        malformed = kinds.count(None)
        self._counts["malformed"] += malformed
        self._counts["collapsed"] += len(texts) - malformed - len(passed)
        self._write(passed, "written")
        return texts[kinds.index(None)] if malformed else None

    def end_window(self, now: float, when: datetime) -> None:
        """Write the summary of a window that is over; an infinite `now` ends the last one."""
        self._write([format_summary(one, when) for one in self._collapse.end_window(now)], "summary")

    def _write(self, texts: list[bytes], result: str) -> None:
        if texts:
            written = self._output.write(texts)
            self._counts[result] += written
            self._counts["lost"] += len(texts) - written


def format_summary(collapsed: Collapsed, when: datetime) -> bytes:
    """Return a line that no filter counts: the lines that passed before it were more than a ban needs."""
    plain, quoted = {"lines": collapsed.lines}, {"kind": collapsed.words}
    line = logline.format_line(
        when, "intake", "collapsed", collapsed.address or "-", plain, quoted if collapsed.words else {}
    )
    return line.encode("ascii")
