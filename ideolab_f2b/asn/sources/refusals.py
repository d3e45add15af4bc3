"""What a source said that is not taken."""

from __future__ import annotations

from ideolab_f2b.ranges.refused_rows import RefusedRows


class RowError(ValueError):
    """A row is not taken; the text is the reason, one of a few."""


class Refusals(RefusedRows):
    """Counts the rows that were refused, and beside them those of networks that no AS announces."""

    def __init__(self) -> None:
        super().__init__()
        self.unannounced = 0
