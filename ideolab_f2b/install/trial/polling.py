"""Whether the jails can watch their logs with inotify or have to poll them, and what the installer says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ideolab_f2b.fail2ban_config import ConfiguredJail
from ideolab_f2b.install.host import Host
from ideolab_f2b.kernel import inotify
from ideolab_f2b.places import install_command


class Polling(NamedTuple):
    """Why our jails poll, as our block in jail.local says it, and as the installer prints it."""

    why: str
    message: str


NOT_NEEDED = Polling("", "")


def find_reason(
    host: Host,
    ours: int,
    theirs: Mapping[str, ConfiguredJail],
    count_free: Callable[[int], int] = inotify.count_free,
) -> Polling:
    """Return why `ours` new jails have to poll beside the admin's: a server with too few instances ends."""
    if not host.has_pyinotify:
        command = install_command("python3-pyinotify")
        return Polling(
            f"fail2ban's Python has no pyinotify ({command})",
            f"fail2ban's Python has no pyinotify: the jails poll their logs, 0.1 s slower; {command}",
        )
    # one more: when it is loaded, fail2ban's module makes one to see whether it can, and keeps it
    needed = 1 + ours + sum(jail.backend in ("auto", "pyinotify") for jail in theirs.values())
    free = count_free(needed)
    if free >= needed:
        return NOT_NEEDED
    return Polling(
        "too few inotify instances were free (fs.inotify.max_user_instances)",
        f"only {free} of {needed} inotify instances are free, and fail2ban does not start without one for"
        f" each jail: our jails poll their logs, 0.1 s slower; to change that: {inotify.RAISE}, then"
        " ideolab-f2b install",
    )
