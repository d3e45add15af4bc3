"""Counts the inotify instances that this user still gets; fail2ban needs one for each jail, and one more."""

from __future__ import annotations

import ctypes
import os

#: what raises the limit, now and at each boot
RAISE = (
    "echo fs.inotify.max_user_instances=1024 >/etc/sysctl.d/60-inotify.conf;"
    " sysctl -p /etc/sysctl.d/60-inotify.conf"
)


def count_free(wanted: int) -> int:
    """Return how many of `wanted` instances this user still gets; they are closed again at once."""
    libc = ctypes.CDLL(None, use_errno=True)
    taken: list[int] = []
    try:
        while len(taken) < wanted:
            descriptor = libc.inotify_init1(os.O_CLOEXEC)
            if descriptor < 0:
                break
            taken.append(descriptor)
    finally:
        for descriptor in taken:
            os.close(descriptor)
    return len(taken)
