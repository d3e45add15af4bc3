"""Tells systemd how a daemon is: started, at work, ending (sd_notify(3)); without systemd it does nothing."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Optional

#: seconds between two messages about the work, at most
MESSAGE_S = 5.0
#: messages in the time that systemd waits for one
MESSAGES = 4


class Notifier:
    """Sends from the daemon's own loop: no thread of its own could hide that the loop stands still."""

    def __init__(
        self,
        address: str = "",
        watchdog_s: Optional[float] = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._every_s = min(MESSAGE_S, (watchdog_s or float("inf")) / MESSAGES)
        self._clock = clock
        self._due = float("-inf")
        self._is_ready = False

    @property
    def is_supervised(self) -> bool:
        """Whether systemd has started the daemon."""
        return bool(self._address)

    def work(self, status: Callable[[], str]) -> None:
        """Say that a piece of work is done, the first time also that the daemon is ready.

        A call soon after the last message sends nothing.
        """
        if not self._address or self._clock() < self._due:
            return
        self._send(*["READY=1"] * (not self._is_ready), "WATCHDOG=1", f"STATUS={_one_line(status())}")
        self._is_ready = True
        self._due = self._clock() + self._every_s

    def stop(self) -> None:
        """Say that the daemon ends."""
        self._send("STOPPING=1")

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait after a piece of work until `stop` is set or the time is over: a pause is no standstill."""
        end = self._clock() + seconds
        left = seconds
        while self._address and self._is_ready and left > self._every_s:
            if stop.wait(self._every_s):
                return
            self._send("WATCHDOG=1")
            left = end - self._clock()
        stop.wait(max(left, 0.0))

    def _send(self, *messages: str) -> None:
        if not self._address:
            return
        # systemd that is away, or whose queue is full, must not stop the daemon
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.setblocking(False)
            link.sendto("\n".join(messages).encode(), self._address)


class SandboxDirectory:
    """A directory that a unit's sandbox may write; one that was deleted comes back with a new start."""

    def __init__(self, path: Path, notifier: Notifier) -> None:
        self.path = path
        # without systemd there is neither a sandbox nor somebody who starts the daemon again
        self._was_there = notifier.is_supervised and os.access(path, os.W_OK)

    def is_lost(self) -> bool:
        """Return whether the daemon could write the directory when it began, and cannot any more."""
        return self._was_there and not os.access(self.path, os.W_OK)


def from_environment(environment: Mapping[str, str] = os.environ, pid: Optional[int] = None) -> Notifier:
    """Return the notifier for the socket that systemd has named; one that sends nothing when it has not."""
    address = environment.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@") or len(address) < 2:
        return Notifier()
    mine = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid() if pid is None else pid))
    microseconds = environment.get("WATCHDOG_USEC", "")
    is_number = microseconds.isascii() and microseconds.isdecimal() and len(microseconds) < 20
    watched = mine and is_number and int(microseconds) > 0
    return Notifier(address, int(microseconds) / 1e6 if watched else None)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
