"""The sources of the page: the import, connmon's and fail2ban's metrics, and the site's own log."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Optional

from django.conf import settings
from django.utils.translation import gettext as _

from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.conf import conf
from ideolab_accesslog.dashboard import prom
from ideolab_accesslog.databases.times import to_utc
from ideolab_accesslog.events import offsets
from ideolab_accesslog.events.file.sources import count_behind
from ideolab_accesslog.models import EventOffset

CONNMON_FILE = "ideolab_connmon.prom"
FAIL2BAN_FILE = "ideolab_f2b.prom"
SUCCESS = "ideolab_f2b_last_success_timestamp_seconds"
#: seconds; as the alerts of deploy/prometheus. fail2ban's report writes every half a minute
STALE_S = 120
#: seconds of connmon, which writes every five: who is told that there are no suspects has to be told of now
CONNMON_STALE_S = 60
#: seconds for which the import may wait: cron runs it once a minute
BEHIND_S = 150
#: seconds by which the clocks of two hosts may differ; what is stamped later says nothing of now
CLOCKS_S = 120
#: characters of a path
PATH_MAX = 200


@dataclass(frozen=True)
class DashboardSource:
    """One source. `state`: ok, behind, stale, absent, unknown; `age_s`: since it last spoke."""

    key: str
    label: str
    state: str
    age_s: Optional[int]
    text: str

    @property
    def is_ok(self) -> bool:
        """Return whether its numbers are those of now."""
        return self.state == "ok"


class Metrics(NamedTuple):
    """A file of metrics and what it is worth."""

    file: prom.PromFile
    source: DashboardSource
    #: epoch seconds of its numbers; 0: unknown
    ts: float


def check_site() -> DashboardSource:
    """Return whether the site itself looks at requests and scanners."""
    label = _("The site's own log")
    missing = [name for name in ("ACCESSLOG_ENABLED", "TRASHIP_ENABLED") if not getattr(conf, name)]
    if missing:
        text = _("%(names)s is off: what Django sees is not written down. Set it to True.")
        return DashboardSource("site", label, "absent", None, text % {"names": ", ".join(missing)})
    if recorder.MIDDLEWARE not in settings.MIDDLEWARE:
        text = _("%(name)s is not in MIDDLEWARE: what Django sees is not written down. Add it.")
        return DashboardSource("site", label, "absent", None, text % {"name": recorder.MIDDLEWARE})
    if recorder.is_failing():
        text = _("The database refuses what the site writes down. The process's own log has the error.")
        return DashboardSource("site", label, "behind", None, text)
    return DashboardSource("site", label, "ok", None, _("Requests and offences are written down."))


def check_events(now: datetime) -> DashboardSource:
    """Return how far the import is: its place in the file against the file itself."""
    label = _("Events of fail2ban")
    offset = _find_offset()
    if offset is None:
        return DashboardSource("events", label, "absent", None, _describe_beginning())
    read_at = to_utc(offset.updated_at).timestamp()
    age_s = _count_age(now.timestamp(), read_at)
    words = {"path": to_printable(offset.path, PATH_MAX)}
    try:
        found = os.stat(offset.path)
    except FileNotFoundError:
        text = _(
            "%(path)s does not exist: nobody was banned yet, or no jail has the action "
            "ideolab-report. See fail2ban-client get JAIL actions."
        )
        return DashboardSource("events", label, "stale", age_s, text % words)
    except (OSError, ValueError):
        text = _(
            "%(path)s cannot be looked at by the web process: how far the import is, is unknown. "
            "Run ideolab-f2b install --django USER as root."
        )
        return DashboardSource("events", label, "unknown", age_s, text % words)
    if not stat.S_ISREG(found.st_mode):
        text = _("%(path)s is no regular file. Set ACCESSLOG_EVENTS to connmon_events.jsonl.")
        return DashboardSource("events", label, "unknown", age_s, text % words)
    has_unread = _has_unread(offset, found)
    if has_unread and not os.access(offset.path, os.R_OK):
        text = _(
            "%(path)s has lines that are not imported, and this user may not read it. "
            "Run ideolab-f2b install --django USER as root."
        )
        return DashboardSource("events", label, "behind", age_s, text % words)
    if has_unread and (age_s > BEHIND_S or _is_to_come(now.timestamp(), read_at)):
        text = _(
            "The import is behind: %(path)s has lines that are not imported. "
            "See whether import_connmon_events runs."
        )
        return DashboardSource("events", label, "behind", age_s, text % words)
    return DashboardSource("events", label, "ok", age_s, _("All of %(path)s is imported.") % words)


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


def _has_unread(offset: EventOffset, found: os.stat_result) -> bool:
    """Return whether the file has more than was read, or is another one."""
    # the column has a sign
    differences = (offset.device - found.st_dev, offset.inode - found.st_ino)
    if any(difference % 2**64 for difference in differences):
        return found.st_size > 0 or _has_older(offset)
    return bool(found.st_size != offset.position)


def _has_older(offset: EventOffset) -> bool:
    """Return whether lines wait in the file that logrotate has taken away; the new one is empty."""
    path = Path(offset.path)
    stored = offsets.find(path)
    return bool(stored and count_behind(path, stored.at, stored.read_at))


def read_connmon(now: datetime) -> Metrics:
    """Read connmon's metrics."""
    return _read_metrics("connmon", _("connmon"), CONNMON_FILE, ("connmon",), now, CONNMON_STALE_S)


def read_fail2ban(now: datetime) -> Metrics:
    """Read fail2ban's metrics; its report writes them."""
    return _read_metrics("fail2ban", _("fail2ban"), FAIL2BAN_FILE, ("report",), now, STALE_S)


def _read_metrics(
    key: str, label: str, name: str, jobs: tuple[str, ...], now: datetime, stale_s: int
) -> Metrics:
    file = prom.read(Path(conf.ACCESSLOG_METRICS_DIR, name))
    words = {"path": to_printable(str(file.path), PATH_MAX), "program": label, "seconds": stale_s}
    if file.fault == "absent":
        text = _(
            "There is no %(path)s. See whether %(program)s runs, and whether ACCESSLOG_METRICS_DIR is the "
            "textfile_dir of f2b.conf."
        )
        return Metrics(file, DashboardSource(key, label, "absent", None, text % words), 0.0)
    stamps = [file.sum(SUCCESS, job=job) for job in jobs]
    known = [stamp for stamp in stamps if stamp is not None]
    if file.fault or not known:
        text = _(
            "%(path)s cannot be read, is a link, or has no time in it. Set ACCESSLOG_METRICS_DIR to the "
            "textfile_dir of f2b.conf, where %(program)s writes it."
        )
        return Metrics(file, DashboardSource(key, label, "unknown", None, text % words), 0.0)
    # a file that is copied or touched is no newer for it
    ts = min(*known, file.modified)
    if _is_to_come(now.timestamp(), ts):
        text = _(
            "%(path)s has a time that is still to come: how old it is, is unknown. "
            "See the clock of this host."
        )
        return Metrics(file, DashboardSource(key, label, "unknown", None, text % words), 0.0)
    age_s = _count_age(now.timestamp(), ts)
    if age_s > stale_s:
        text = _(
            "%(program)s has written nothing to %(path)s for more than %(seconds)d seconds. "
            "See whether it runs."
        )
        return Metrics(file, DashboardSource(key, label, "stale", age_s, text % words), ts)
    text = _("%(program)s writes %(path)s.")
    return Metrics(file, DashboardSource(key, label, "ok", age_s, text % words), ts)


def _is_to_come(now: float, then: float) -> bool:
    """Return whether a time says nothing: it was written while the clock of the host was wrong."""
    return then - now > CLOCKS_S


def _count_age(now: float, then: float) -> int:
    return max(0, int(now - then))
