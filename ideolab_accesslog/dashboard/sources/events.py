"""The events of fail2ban: how far their import is, and why it is not further."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from typing import Optional

from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.conf import conf
from ideolab_accesslog.dashboard.sources.source import PATH_MAX, DashboardSource, count_age
from ideolab_accesslog.dashboard.sources.unread import has_unread, is_behind
from ideolab_accesslog.databases.times import to_utc
from ideolab_accesslog.models import ConnmonEvent, EventOffset

#: seconds for which lines that were rejected may hide an attack, as the verdict's now
REJECTED_S = 600
#: seconds that a batch takes: what it stores is older than what it rejects
BATCH_S = 30


def check_events(now: datetime) -> DashboardSource:
    """Return how far the import is: its place in the file against the file itself."""
    label = _("Events of fail2ban")
    offset = _find_offset()
    if offset is None:
        return DashboardSource("events", label, "absent", None, _describe_beginning())
    read_at = to_utc(offset.updated_at).timestamp()
    age_s = count_age(now.timestamp(), read_at)
    state, text = _judge_import(offset, read_at, now.timestamp())
    return DashboardSource("events", label, state, age_s, text)


def _judge_import(offset: EventOffset, read_at: float, now: float) -> tuple[str, str]:
    """Return the state of the import, which ran last at `read_at`, and the sentence that says why."""
    words = {"path": to_printable(offset.path, PATH_MAX)}
    try:
        found = os.stat(offset.path)
    except FileNotFoundError:
        text = _(
            "%(path)s does not exist: nobody was banned yet, or no jail has the action "
            "ideolab-report. See fail2ban-client get JAIL actions."
        )
        return "stale", text % words
    except (OSError, ValueError):
        text = _(
            "%(path)s cannot be looked at by the web process: how far the import is, is unknown. "
            "Run ideolab-f2b install --django USER as root."
        )
        return "unknown", text % words
    if not stat.S_ISREG(found.st_mode):
        text = _("%(path)s is no regular file. Set ACCESSLOG_EVENTS to connmon_events.jsonl.")
        return "unknown", text % words
    fault = _find_fault(offset, found, read_at, now) if has_unread(offset, found) else ""
    if not fault and _has_rejected(now):
        words["rejects"] = to_printable(str(conf.ACCESSLOG_EVENTS_REJECTS), PATH_MAX)
        fault = _(
            "Lines of %(path)s were no events in the last ten minutes, and nobody knows what they tell: see "
            "%(rejects)s. A newer ideolab-f2b needs a newer ideolab_accesslog."
        )
    if fault:
        return "behind", fault % words
    return "ok", _("All of %(path)s is imported.") % words


def _find_fault(offset: EventOffset, found: os.stat_result, read_at: float, now: float) -> str:
    """Return why lines of the file are not imported, %(path)s in it; "" where they may still wait."""
    text = ""
    if not os.access(offset.path, os.R_OK):
        text = _(
            "%(path)s has lines that are not imported, and this user may not read it. "
            "Run ideolab-f2b install --django USER as root."
        )
    elif is_behind(offset, found, read_at, now):
        text = _(
            "The import is behind: %(path)s has lines that are not imported. "
            "See whether import_connmon_events runs."
        )
    return text


def _has_rejected(now: float) -> bool:
    """Return whether the import has lately rejected lines and stored none: it may reject all of them."""
    try:
        rejected = os.stat(conf.ACCESSLOG_EVENTS_REJECTS).st_mtime
    except (OSError, ValueError):
        return False
    if abs(now - rejected) > REJECTED_S:
        return False
    stored = ConnmonEvent.objects.order_by("-pk").values_list("created_at", flat=True).first()
    return stored is None or rejected - to_utc(stored).timestamp() > BATCH_S


def _describe_beginning() -> str:
    """Return what to do where nothing was ever imported."""
    words = {"path": to_printable(str(conf.ACCESSLOG_EVENTS), PATH_MAX)}
    if _is_missing(conf.ACCESSLOG_EVENTS):
        text = _(
            "Nothing is imported yet: there is no %(path)s. Run ideolab-f2b install --django USER as root, "
            "then manage.py import_connmon_events --follow (docs/dashboard.md)."
        )
    elif not os.access(conf.ACCESSLOG_EVENTS, os.R_OK):
        text = _(
            "Nothing is imported yet: this user may not read %(path)s. Run ideolab-f2b install --django USER "
            "as root, then manage.py import_connmon_events --follow (docs/dashboard.md)."
        )
    else:
        text = _("Nothing is imported yet. Run manage.py import_connmon_events --follow (docs/dashboard.md).")
    return str(text % words)


def _is_missing(path: str) -> bool:
    """Return whether there is no such file; one in a directory that is closed to this user may be there."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _find_offset() -> Optional[EventOffset]:
    """Return the row of the site's file; where there is none, that of the file that was imported last.

    An old file that somebody imports by hand is not the one that has to be up to date.
    """
    rows = EventOffset.objects.order_by("-updated_at")
    own = rows.filter(path=os.path.abspath(conf.ACCESSLOG_EVENTS), position__gt=0)
    found: Optional[EventOffset] = own.first() or rows.first()
    return found
