"""One of nginx's logs on its way: each line is told apart, passes or is collapsed, and is put down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Optional, Protocol

from ideolab_f2b import logline
from ideolab_f2b.intake.collapse import Collapse, Collapsed
from ideolab_f2b.intake.kind import Kind


class Output(Protocol):
    """Where lines go, and how many of them came there; must not raise."""

    def write(self, texts: Sequence[bytes]) -> int: ...


class Feed:
    """`kind_of` says None of what is no line of this log; `counts` counts what became of them."""

    def __init__(
        self,
        kind_of: Callable[[bytes], Optional[Kind]],
        collapse: Collapse,
        outlet: Output,
        counts: Counter[str],
    ) -> None:
        self._kind_of, self._collapse, self._outlet, self._counts = kind_of, collapse, outlet, counts

    def put(self, texts: Sequence[bytes], now: float, when: datetime) -> Optional[bytes]:
        """The lines of one batch; `now` is the clock of the windows, `when` the date of their summaries.

        One of them that is no line of this log, if there is any.
        """
        self.tick(now, when)
        passes = self._collapse.passes
        kinds = list(map(self._kind_of, texts))
        passed = [text for text, kind in zip(texts, kinds) if kind is not None and passes(kind)]
        malformed = kinds.count(None)
        self._counts["malformed"] += malformed
        self._counts["collapsed"] += len(texts) - malformed - len(passed)
        self._write(passed, "written")
        return texts[kinds.index(None)] if malformed else None

    def tick(self, now: float, when: datetime) -> None:
        """The summary of a window that is over; an infinite `now` ends the last one."""
        self._write([summary(one, when) for one in self._collapse.roll(now)], "summary")

    def _write(self, texts: list[bytes], result: str) -> None:
        if texts:
            written = self._outlet.write(texts)
            self._counts[result] += written
            self._counts["lost"] += len(texts) - written


def summary(collapsed: Collapsed, when: datetime) -> bytes:
    """A line that no filter counts: the lines that passed before it were more than a ban needs."""
    plain, quoted = {"lines": collapsed.lines}, {"kind": collapsed.words}
    line = logline.format_line(
        when, "intake", "collapsed", collapsed.address or "-", plain, quoted if collapsed.words else {}
    )
    return line.encode("ascii")
