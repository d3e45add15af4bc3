"""Splits long work into pieces with a pause after each, so that other threads of fail2ban-server can ban.

A thread that computes keeps the interpreter for 5 ms each time another one wants it back, and a ban gives it
away at every system call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Callable, TypeVar

_Item = TypeVar("_Item")
Pause = Callable[[], object]
#: items of one piece: some milliseconds
PIECE = 200


def pieces(items: Iterable[_Item], pause: Pause, size: int = PIECE) -> Iterator[list[_Item]]:
    """Yield lists of at most `size` items; `pause` is called between two, and after the last."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
        pause()


def no_pause() -> None:
    """Do nothing: for a process that has nothing else to do."""
