"""Takes rows from requests and sees that they are stored, off the request path; counts what could not be."""

from __future__ import annotations

import atexit
import os
from typing import Any, Callable, Optional

from django.core.signals import setting_changed

from ideolab_accesslog.access.counts import tally
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.scheduler import Background
from ideolab_accesslog.access.sinks import Sink, chosen
from ideolab_accesslog.conf import conf

#: how long the end of a process may wait for the database
EXIT_S = 5.0

_sink: Optional[Sink] = None


def record(row: Row) -> None:
    """Keep one row; returns at once (ACCESSLOG_SINK "direct" excepted) and never raises."""
    start()
    (_sink or _new_sink()).record(row)


def start() -> None:
    """Have the thread run in this process; each request calls it, for the periodic jobs' sake."""
    _background.start()


def flush(timeout_s: float = EXIT_S) -> bool:
    """Store what waits, in the calling thread; False: not all of it could be stored in time."""
    _background.finish()
    return (_sink or _new_sink()).flush(timeout_s)


def every(seconds: float, name: str, function: Callable[[], object]) -> None:
    """Run `function` in the thread every `seconds`; a failure is logged once and tried again."""
    _background.every(seconds, name, function)


def at_flush(function: Callable[[], object]) -> None:
    """Run `function` in the thread whenever rows are stored, at the end of the process too."""
    _background.at_turn(function)


def counts() -> dict[str, int]:
    """Rows of this process: waiting, written, dropped."""
    return {"waiting": _sink.waiting() if _sink else 0, **tally.counts()}


def stop(timeout_s: float = EXIT_S) -> None:
    """Store what waits and end the thread; the next request starts another."""
    global _sink
    is_over = _background.stop(timeout_s)
    if _sink is not None:
        _sink.close(timeout_s if is_over else 0.0)
    _sink = None
    tally.report()


def is_stopping() -> bool:
    """The process ends: this is the last turn."""
    return _background.is_stopping


def _new_sink() -> Sink:
    global _sink
    _sink = _sink or chosen(conf.ACCESSLOG_SINK, _background.wake)
    return _sink


def _store() -> None:
    if _sink is not None:
        _sink.flush(EXIT_S if _background.is_stopping else None)
    tally.report()


def forget() -> None:
    """Drop what waits and begin anew: in a forked child (the rows are the parent's), and between tests."""
    global _sink
    if _sink is not None:
        _sink.abandon()
    _sink = None
    tally.reset()


def _forget(setting: str, **_others: Any) -> None:
    if setting in ("ACCESSLOG_SINK", "ACCESSLOG_SPOOL"):
        stop()


# 0.9: what kill -9 takes is the last turn's rows and the write of them, together FLUSH_S
_background = Background(lambda: float(conf.ACCESSLOG_FLUSH_S) * 0.9)
_background.at_turn(_store)
setting_changed.connect(_forget)
atexit.register(stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)
