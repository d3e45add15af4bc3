"""Wait for what takes its time, and go on as soon as it is there."""

from __future__ import annotations

import time
from typing import Callable, Union

from demo.lab.error import LabError

#: seconds; a loaded machine is slow, and a test fails because something is wrong, not because it was slow
ENOUGH_S = 120.0


def wait_until(
    is_ready: Callable[[], object],
    what: Union[str, Callable[[], str]],
    *,
    timeout_s: float = ENOUGH_S,
    is_alive: Callable[[], bool] = lambda: True,
    every_s: float = 0.05,
) -> None:
    """Return when `is_ready` says so; LabError when it takes too long or `is_alive` no longer says so.

    `what` is the message, or makes it once it is needed.
    """
    deadline = time.monotonic() + timeout_s
    while not is_ready():
        has_ended = not is_alive()
        if has_ended or time.monotonic() > deadline:
            said = what if isinstance(what, str) else what()
            raise LabError(f"{'it ended' if has_ended else f'{timeout_s:.0f} s have passed'}: {said}")
        time.sleep(every_s)
