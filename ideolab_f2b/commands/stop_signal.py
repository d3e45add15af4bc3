"""How a daemon is told to end."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Callable


@contextlib.contextmanager
def catch_stop() -> Iterator[tuple[int, Callable[[], bool]]]:
    """Yield a descriptor that can be read from the first SIGTERM or SIGINT on, and whether there was one."""
    caught: list[int] = []
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    # the number arrives in the pipe even between a test of it and the wait
    wakeup = signal.set_wakeup_fd(writing)

    def is_stopped() -> bool:
        with contextlib.suppress(BlockingIOError):
            caught.extend(os.read(reading, 16))
        return bool(caught)

    try:
        yield reading, is_stopped
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
