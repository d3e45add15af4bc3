"""Takes rows from requests and has the scheduler's thread store them; counts what could not be stored."""

from __future__ import annotations

import atexit
import os
from typing import Any, Optional

from django.core.signals import setting_changed

from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks import Sink, make_sink
from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import runs_tests, scheduler

#: what has to be in MIDDLEWARE, or nothing comes here
MIDDLEWARE = "ideolab_accesslog.middleware.AccessLogMiddleware"
#: how long the end of a process may wait for the database
EXIT_S = 5.0
#: settings that may end the thread
_SWITCHES = ("ACCESSLOG_ENABLED", "ACCESSLOG_TESTING", "TRASHIP_ENABLED")

_sink: Optional[Sink] = None


def record(row: Row) -> None:
    """Keep one row; returns at once (ACCESSLOG_SINK "direct" excepted) and never raises."""
    if scheduler.thread is None:
        scheduler.start()
        if not scheduler.keeps():
            return
    (_sink or _new_sink()).record(row)


def flush(timeout_s: float = EXIT_S) -> bool:
    """Store what waits, in the calling thread; False: not all of it could be stored in time."""
    scheduler.run_jobs()
    return (_sink or _new_sink()).flush(timeout_s)


def counts() -> dict[str, int]:
    """Return the rows of this process: waiting, written, dropped."""
    return {"waiting": _sink.count_waiting() if _sink else 0, **row_counter.read()}


def is_failing() -> bool:
    """Return whether the database refused the newest rows of this process."""
    return _sink is not None and _sink.is_failing()


def stop(timeout_s: float = EXIT_S) -> None:
    """Store what waits, beside tests nothing, and end the thread; the next request starts another."""
    global _sink
    if scheduler.is_held:
        return
    is_over = scheduler.stop(timeout_s)
    if runs_tests():
        forget()
    elif _sink is not None:
        _sink.close(timeout_s if is_over else 0.0)
    _sink = None
    row_counter.report()


def divert(sink: Optional[Sink]) -> Optional[Sink]:
    """Have rows go to this sink; None: to a new one of ACCESSLOG_SINK. Return the one of before."""
    global _sink
    _sink, former = sink, _sink
    return former


def _new_sink() -> Sink:
    global _sink
    _sink = _sink or make_sink(conf.ACCESSLOG_SINK, scheduler.wake)
    return _sink


def _store() -> None:
    if _sink is not None:
        _sink.flush(EXIT_S if scheduler.is_stopping else None)
    row_counter.report()


def forget() -> None:
    """Drop what waits and begin anew: in a forked child (the rows are the parent's), and between tests."""
    global _sink
    if _sink is not None:
        _sink.abandon()
    _sink = None
    row_counter.reset()


def _forget(setting: str, **_others: Any) -> None:
    is_off = setting in _SWITCHES and not scheduler.is_wanted()
    if is_off or setting in ("ACCESSLOG_SINK", "ACCESSLOG_SPOOL"):
        stop()


scheduler.add_job(_store)
setting_changed.connect(_forget)
atexit.register(stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)
