"""The text of our block in jail.local: the jails of this host, and what differs from jail.d. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from ideolab_f2b.config import Connmon, Paths, Settings
from ideolab_f2b.places import JAILS, NO_LOG

_SECTION = re.compile(r"^\[([^\]]+)\]", re.M)
_HEAD = """\
# Written by `ideolab-f2b install`, taken out by `ideolab-f2b uninstall`. Add your bantime, maxretry or
# ignoreip to the sections in here, or in /etc/fail2ban/jail.d/ideolab.local: a second section of the same
# name in this file would stop fail2ban.
"""


def sections(text: str) -> set[str]:
    """Return the names of the sections of a configuration file."""
    return set(_SECTION.findall(text))


def text(
    settings: Settings,
    *,
    polls_because: str = "",
    jails: Mapping[str, str] = JAILS,
    taken: Collection[str] = (),
    extra: str = "",
) -> str:
    """Return the block.

    `polls_because` says why the jails cannot use inotify; "" if they can. `taken` are the admin's sections in
    the same file; `extra` is what sshd needs.
    """
    parts = [_HEAD]
    for jail, log in jails.items():
        if jail not in taken:
            lines = [f"[{jail}]", "enabled = true", *_differences(settings, log, polls_because)]
            parts.append("\n".join(lines) + "\n")
    return "\n".join([*parts, extra] if extra else parts)


def _differences(settings: Settings, log: str, polls_because: str) -> list[str]:
    lines = []
    if polls_because:
        lines.append(f"# {polls_because}")
        lines.append("backend = polling")
    if log and settings.paths.log_dir != Paths().log_dir:
        lines += [f"logpath = {Path(settings.paths.log_dir, log)}", f"          {NO_LOG}"]
    if settings.connmon.ports != Connmon().ports:
        lines.append(f"port = {','.join(map(str, settings.connmon.ports))}")
    return lines
