"""Prints what happens, when it happens; colours on a terminal only."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import TextIO

_COLOURS = {
    "attack": "33", "suspect": "35", "banned": "31;1", "dropped": "31", "closed": "32", "served": "36",
    "ok": "32", "FAILED": "31;1",
}  # fmt: skip


class Timeline:
    """Lines with the seconds since it was made; several threads may speak."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_coloured = out.isatty() and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()
        self._begun = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds since the timeline was made."""
        return time.monotonic() - self._begun

    def say(self, what: str, who: str, text: str) -> None:
        """Print what happens to whom, with the time."""
        self.print(f"{self.seconds():5.1f} s  {self._paint(what, 8)}  {who:<17}  {text}")

    def print(self, text: str = "") -> None:
        """Print a line; no other thread prints meanwhile."""
        with self._lock:
            print(text, file=self._out, flush=True)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print aligned columns below a head."""
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        self.print("  ".join(text.ljust(width) for text, width in zip(head, widths)).rstrip())
        self.print("  ".join("-" * width for width in widths))
        for row in rows:
            self.print("  ".join(self._paint(text, width) for text, width in zip(row, widths)).rstrip())

    def _paint(self, text: str, width: int) -> str:
        colour = _COLOURS.get(text)
        padded = text.ljust(width)
        return f"\033[{colour}m{padded}\033[0m" if colour and self._is_coloured else padded
