"""What a source said that is not taken: how often for which reason, with one example each."""

from __future__ import annotations

from collections import Counter

from ideolab_f2b.logline import quote

#: characters of a refused line that are kept
_EXAMPLE = 80


class RowError(ValueError):
    """A row is not taken; the text is the reason, one of a few."""


class Refusals:
    """Counts the rows that were refused, and beside them those of networks that no AS announces."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.unannounced = 0

    def add(self, reason: object, line: str) -> None:
        """Count one row; `line` is what the source said."""
        key = str(reason)
        self.counts[key] += 1
        self.examples.setdefault(key, line.strip()[:_EXAMPLE])

    @property
    def total(self) -> int:
        """How many rows were refused."""
        return sum(self.counts.values())

    def describe(self) -> str:
        """Return the reasons with their numbers and examples, the most frequent first; "" without any."""
        return "; ".join(
            f"{count} x {reason}, such as {quote(self.examples[reason])}"
            for reason, count in self.counts.most_common()
        )
