"""The sshd jail that Debian enables: fail2ban does not start where its log is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ideolab_f2b.fail2ban_config import ConfiguredJail
from ideolab_f2b.places import NO_LOG

JAIL = "sshd"


class Remedy(NamedTuple):
    """What goes into our block of jail.local, and what the installer prints."""

    block: str
    message: str


NOTHING = Remedy("", "")

_JOURNAL = Remedy(
    """\
# Debian enables this jail; it reads /var/log/auth.log, which this host does not have, and without a log
# fail2ban does not start at all. The journal has the same lines.
[sshd]
backend = systemd
""",
    "the sshd jail reads the journal: its log /var/log/auth.log is missing, and fail2ban would not start",
)
_OFF = Remedy(
    """\
# Debian enables this jail; it finds neither its log /var/log/auth.log nor a readable journal here, and with
# such a jail fail2ban does not start at all. To have it: apt-get install rsyslog, then ideolab-f2b install.
[sshd]
enabled = false
""",
    "the sshd jail is off: neither /var/log/auth.log nor a readable journal is here, and fail2ban would not"
    " start; to have it: apt-get install rsyslog, then ideolab-f2b install",
)

_LATER = Remedy(
    f"""\
# Debian enables this jail; the image of this host had no /var/log/auth.log when it was built, and without a
# log fail2ban does not start at all. The second file stands in for it, and `ideolab-f2b check` says so.
[sshd]
logpath = %(sshd_log)s
          {NO_LOG}
""",
    "the sshd jail has no log in this image: it reads /var/log/auth.log if that is there when fail2ban"
    " starts",
)


def remedy(
    jails: Mapping[str, ConfiguredJail], *, has_journal: bool, is_admins: bool, is_image: bool = False
) -> Remedy:
    """Return what the sshd jail needs so that fail2ban starts; an empty one where the admin configured it.

    In an image the jail is never switched off: the host that boots it may have the log.
    """
    jail = jails.get(JAIL)
    if jail is None or is_admins or _can_start(jail, has_journal):
        return NOTHING
    return _JOURNAL if has_journal else _LATER if is_image else _OFF


def _can_start(jail: ConfiguredJail, has_journal: bool) -> bool:
    return has_journal if jail.backend.startswith("systemd") else bool(jail.logs)
