"""The files that the app writes for fail2ban and for itself, and the one that it reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from django.core.checks import CheckMessage, register

from ideolab_accesslog.checks.message import list_messages, make_warning
from ideolab_accesslog.checks.values import is_lost
from ideolab_accesslog.conf import conf


@register()
@list_messages
def logs() -> Iterator[CheckMessage]:
    """W005: can the lines for fail2ban be written?"""
    is_manual = conf.TRASHIP_FIREWALL_EXECUTE and conf.TRASHIP_FIREWALL_TRANSPORT == "log"
    # without TRASHIP_LOG the lines are not wanted, without TRASHIP_MANUAL_LOG a ban fails
    used = {"TRASHIP_LOG": conf.TRASHIP_ENABLED and conf.TRASHIP_LOG, "TRASHIP_MANUAL_LOG": is_manual}
    for name in [name for name, is_used in used.items() if is_used and not is_lost(name)]:
        value = getattr(conf, name)
        if not value or not _can_write(Path(value)):
            fault = f"{value} cannot be written by this user" if value else "it is empty"
            yield make_warning(
                5,
                f"{name}: {fault}: fail2ban gets no lines",
                "Run `sudo scripts/install --django USER`, or see docs/traship.md for owner and mode.",
            )


@register()
@list_messages
def events() -> Iterator[CheckMessage]:
    """W015: can the events be read, where there are any?"""
    if not is_lost("ACCESSLOG_EVENTS") and _is_closed(path := Path(conf.ACCESSLOG_EVENTS)):
        yield make_warning(
            15,
            f"ACCESSLOG_EVENTS: {path} cannot be read by this user: import_connmon_events stores nothing",
            "Run `sudo ideolab-f2b install --django USER` for the user of the site's processes: it gives the"
            f" file to the group of that user, to read. `namei -l {path}` shows what else is in the way.",
        )


def _is_closed(path: Path) -> bool:
    """Return whether the file is there, or may be, and this user cannot read it; False without the pack."""
    try:
        is_file = stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        # a directory on the way is closed to this user
        return True
    return not (is_file and os.access(path, os.R_OK))


def _can_write(path: Path) -> bool:
    # os.path: a directory that this user may not look into counts as missing, and raises nothing
    return not os.path.isdir(path) and os.access(path if os.path.exists(path) else path.parent, os.W_OK)


@register()
@list_messages
def spool() -> Iterator[CheckMessage]:
    """W009: can the spool be written, where rows go there?"""
    if not conf.ACCESSLOG_ENABLED or conf.ACCESSLOG_SINK != "spool" or is_lost("ACCESSLOG_SPOOL"):
        return
    wanted = Path(conf.ACCESSLOG_SPOOL)
    # os.path, as in _can_write
    nearest = next(path for path in (wanted, *wanted.parents) if os.path.exists(path))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield make_warning(
            9,
            f"ACCESSLOG_SPOOL: {wanted} cannot be written by this user: every row is dropped",
            f"Run `install -d -o USER -m 750 {wanted}` as root, for the user of the site's processes.",
        )
