"""What one ban action did, counted; two threads of fail2ban can be in it at once."""

from __future__ import annotations

import functools
import threading
from typing import Any, Callable, TypeVar, cast

NAMES = ("bans", "restored", "prolonged", "unbans", "refused", "full", "aggregated", "errors")
#: characters of the last error that are kept
_ERROR_LENGTH = 500

Call = TypeVar("Call", bound=Callable[..., Any])


class BanCounts:
    """The counts of one action, from the start of its process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(NAMES, 0)
        self.last_error = ""

    def add(self, name: str, count: int = 1) -> None:
        """Add to one of NAMES."""
        with self._lock:
            self._counts[name] += count

    def add_error(self, error: BaseException) -> None:
        """Count an error and keep its text as the last one."""
        self.add("errors")
        self.last_error = f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]

    def counts(self) -> dict[str, int]:
        """{name: count}, for each of NAMES."""
        with self._lock:
            return dict(self._counts)


def count_errors(method: Call) -> Call:
    """Count what a method of an action raises, in its `_counts`.

    A SystemExit would end the jail's thread: it becomes a RuntimeError.
    """

    @functools.wraps(method)
    def call(action: Any, *args: Any, **keywords: Any) -> Any:
        try:
            return method(action, *args, **keywords)
        except BaseException as error:
            action._counts.add_error(error)
            if isinstance(error, Exception):
                raise
            raise RuntimeError(f"{method.__name__}: {error!r}") from error

    return cast(Call, call)
