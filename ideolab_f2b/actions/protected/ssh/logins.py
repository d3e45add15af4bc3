"""Tells sshd's processes that have let somebody in from all others. Pure: no process is asked anything.

A connection has, as long as nobody is logged in, a monitor of root's (`sshd: alice [priv]`) and a child of
the user sshd (`sshd: alice [net]`). After the login the monitor has a child with the uid of who logged in.
For root that child has uid 0, or, until OpenSSH 9.7, the monitor itself goes on; its title has no [tag] then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Optional

from ideolab_f2b.actions.protected.ssh.accounts import Accounts
from ideolab_f2b.actions.protected.ssh.processes import Process

#: it begins with the program's name, which may be a copy's or a link's
_TITLE = re.compile(r"[^\s:/]+: (?P<who>.+)")


class Login(NamedTuple):
    """A process that serves somebody who has logged in, and root's sshd above it, where there is one."""

    process: Process
    uid: int
    monitor: Optional[Process]


def logins(processes: Mapping[int, Process], accounts: Accounts) -> Iterator[Login]:
    """Yield the logins among the processes of root's sshd."""
    for process in processes.values():
        who = _who(process)
        if who is None or process.uid is None:
            continue
        parent = processes.get(process.parent)
        monitor = parent if parent is not None and parent.uid == 0 else None
        if process.uid == 0:
            if _is_root(who, accounts):
                yield Login(process, 0, monitor)
        elif monitor is not None and process.uid not in accounts.separated_uids:
            yield Login(process, process.uid, monitor)


def _who(process: Process) -> Optional[str]:
    """Return whom the title names; None before the login: `[accepted]`, `alice@corp [priv]`, `[listener]`."""
    found = _TITLE.fullmatch(process.title)
    if found is None or "[" in found["who"]:
        return None
    return found["who"]


def _is_root(who: str, accounts: Accounts) -> bool:
    # `root` with only forwarded ports, `root@pts/0`, `root@notty`, `root@internal-sftp`
    return who in accounts.root_names or who.partition("@")[0] in accounts.root_names
