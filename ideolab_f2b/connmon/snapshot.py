"""All connections of one local port at one instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ideolab_f2b.kernel.sockets.row import Row


@dataclass
class Snapshot:
    """Rows of the kernel or of a saved text; `when` is in epoch seconds, `rows` may be read only once."""

    when: float
    port: int
    rows: Iterable[Row]
    #: lines of a saved text that were cut or garbled
    skipped: int = 0
