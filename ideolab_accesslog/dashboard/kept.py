"""The values of the page as JSON, kept for two seconds: ten open pages cost what one does.

Whoever has just banned comes back to an answer of after it, also of another process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import get_language

from ideolab_accesslog.conf import drop_on_change
from ideolab_accesslog.dashboard.bans.ordered import read_mark
from ideolab_accesslog.dashboard.instants import to_iso
from ideolab_accesslog.dashboard.page_data import collect
from ideolab_accesslog.dashboard.period import choose
from ideolab_accesslog.dashboard.readings import readings

#: seconds for which an answer is the answer
KEPT_S = 2.0
#: answers that are kept: periods times languages; the oldest goes
MOST = 64

Collect = Callable[[str], dict[str, Any]]


class _Answer(NamedTuple):
    """One answer and when it was made, on the monotonic clock."""

    made: float
    mark: object
    data: dict[str, Any]


class KeptData:
    """One per process; whoever asks while an answer is made waits for it instead of making another."""

    def __init__(
        self,
        collect: Collect,
        clock: Callable[[], float] = time.monotonic,
        find_mark: Callable[[], object] = lambda: None,
    ) -> None:
        """`find_mark` is asked at each reading: an answer of another mark is none."""
        self._collect, self._clock, self._find_mark = collect, clock, find_mark
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], _Answer] = {}
        self._makers: dict[tuple[str, str], threading.Lock] = {}

    def read(self, period: str) -> dict[str, Any]:
        """Return the data of a period in the language of now; who may see it is the caller's question."""
        key = (choose(period).name, get_language() or "")
        with self._lock:
            maker = self._makers.setdefault(key, threading.Lock())
        with maker:
            answer, mark = self._answers.get(key), self._find_mark()
            if answer is None or answer.mark != mark or self._clock() - answer.made >= KEPT_S:
                answer = _Answer(self._clock(), mark, self._collect(key[0]))
                self._keep(key, answer)
            return answer.data

    def forget(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._answers.clear()
            self._makers.clear()

    def _keep(self, key: tuple[str, str], answer: _Answer) -> None:
        with self._lock:
            self._answers.pop(key, None)
            self._answers[key] = answer
            while len(self._answers) > MOST:
                oldest = next(iter(self._answers))
                del self._answers[oldest]
                self._makers.pop(oldest, None)


def to_plain(value: Any) -> Any:
    """Return records as what JSON knows; times as ISO 8601 in UTC."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_plain(one) for one in value]
    return to_iso(value) if isinstance(value, datetime) else value


def _collect(period: str) -> dict[str, Any]:
    found: dict[str, Any] = to_plain(collect(choose(period)))
    return found


kept = KeptData(_collect, find_mark=read_mark)

drop_on_change(kept.forget)
drop_on_change(readings.forget)
