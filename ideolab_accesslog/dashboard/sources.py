"""The sources of the page: the import, connmon's and fail2ban's metrics, and the site's own log."""

from __future__ import annotations

import os
import re
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
from ideolab_accesslog.models import ConnmonEvent, EventOffset
from ideolab_f2b import files

CONNMON_FILE = "ideolab_connmon.prom"
FAIL2BAN_FILE = "ideolab_f2b.prom"
SUCCESS = "ideolab_f2b_last_success_timestamp_seconds"
ACTIVE_BANS = "ideolab_f2b_active_bans"
#: seconds; as the alerts of deploy/prometheus. fail2ban's report writes every half a minute
STALE_S = 120
#: seconds of connmon, which writes every five: who is told that there are no suspects has to be told of now
CONNMON_STALE_S = 60
#: seconds between two comparisons of the kernel with fail2ban's bans, as the alert IdeolabReconcileStale
COMPARED_S = 180
#: seconds for which the import may wait: cron runs it once a minute
BEHIND_S = 150
#: seconds for which lines that were rejected may hide an attack, as the verdict's now
REJECTED_S = 600
#: seconds that a batch takes: what it stores is older than what it rejects
BATCH_S = 30
#: seconds by which the clocks of two hosts may differ; what is stamped later says nothing of now
CLOCKS_S = 120
#: characters of a path
PATH_MAX = 200
#: bytes of an event that are read: it begins with its time
EVENT_START_BYTES = 80
_EVENT_TIME = re.compile(rb'\s*\{"ts":\s?"([0-9T:.+Z-]{19,40})"')


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


class _Writer(NamedTuple):
    """A program that writes a file of metrics: key and label of its source, its job there, its patience."""

    key: str
    label: str
    job: str
    stale_s: int


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
    fault = _find_fault(offset, found, read_at, now) if _has_unread(offset, found) else ""
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
    elif _is_behind(offset, found, read_at, now):
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


def _has_unread(offset: EventOffset, found: os.stat_result) -> bool:
    """Return whether the file has more than was read, or is another one."""
    if not _is_same(offset, found):
        return found.st_size > 0 or _has_older(offset)
    return bool(found.st_size != offset.position)


def _has_older(offset: EventOffset) -> bool:
    """Return whether lines wait in the file that logrotate has taken away; the new one is empty."""
    path = Path(offset.path)
    stored = offsets.find(path)
    return bool(stored and count_behind(path, stored.at, stored.read_at))


def _is_same(offset: EventOffset, found: os.stat_result) -> bool:
    # the column has a sign
    differences = (offset.device - found.st_dev, offset.inode - found.st_ino)
    return not any(difference % 2**64 for difference in differences)


def _is_behind(offset: EventOffset, found: os.stat_result, read_at: float, now: float) -> bool:
    """Return whether the first line that is not imported waits for too long.

    Where it does not say since when, the time of the last import has to do: that of an import that works off
    hours is now, and that of a quiet site long ago.
    """
    # of a file that the import has not come to yet, the first line
    since = _find_event_time(offset.path, offset.position if _is_same(offset, found) else 0, found)
    if since is None or _is_to_come(now, since):
        since = read_at
    return now - since > BEHIND_S or _is_to_come(now, since)


def _find_event_time(path: str, position: int, found: os.stat_result) -> Optional[float]:
    """Return the time of the event at this byte, in epoch seconds; None where the file does not say it.

    `found` is the file as its place was compared: another one that has come since says nothing.
    """
    try:
        with files.open_to_read(Path(path)) as file:
            if not os.path.samestat(os.fstat(file.fileno()), found):
                return None
            file.seek(position)
            start = _EVENT_TIME.match(file.read(EVENT_START_BYTES))
        # Python before 3.11 does not read the Z
        when = datetime.fromisoformat(start[1].decode().replace("Z", "+00:00")) if start else None
        return when.timestamp() if when and when.tzinfo else None
    except (OSError, ValueError, OverflowError):
        return None


def read_connmon(now: datetime) -> Metrics:
    """Read connmon's metrics."""
    return _read_metrics(_Writer("connmon", _("connmon"), "connmon", CONNMON_STALE_S), CONNMON_FILE, now)


def read_fail2ban(now: datetime) -> Metrics:
    """Read fail2ban's metrics; its report writes them."""
    return _read_metrics(_Writer("fail2ban", _("fail2ban"), "report", STALE_S), FAIL2BAN_FILE, now)


def is_kernel_compared(fail2ban: Metrics, now: datetime) -> bool:
    """Return whether the kernel was compared with the bans lately: nobody else sees that a set was emptied.

    True where there is nothing to compare: no jail has the ban action.
    """
    compared = fail2ban.file.sum(SUCCESS, job="reconcile")
    if compared is None:
        return fail2ban.file.sum(ACTIVE_BANS) is None
    return not _is_to_come(now.timestamp(), compared) and now.timestamp() - compared <= COMPARED_S


def _read_metrics(writer: _Writer, name: str, now: datetime) -> Metrics:
    file = prom.read(Path(conf.ACCESSLOG_METRICS_DIR, name))
    ts, age_s = _find_time(file, writer.job), None
    if ts is None or _is_to_come(now.timestamp(), ts):
        state, text = _describe_fault(file, ts)
        ts = 0.0
    else:
        age_s = _count_age(now.timestamp(), ts)
        state, text = _judge_age(age_s, writer.stale_s)
    path = to_printable(str(file.path), PATH_MAX)
    text %= {"path": path, "program": writer.label, "seconds": writer.stale_s}
    return Metrics(file, DashboardSource(writer.key, writer.label, state, age_s, text), ts)


def _find_time(file: prom.PromFile, job: str) -> Optional[float]:
    """Return when the job wrote the file; None where nobody knows."""
    stamp = None if file.fault else file.sum(SUCCESS, job=job)
    # a file that is copied or touched is no newer for it
    return None if stamp is None else min(stamp, file.modified)


def _describe_fault(file: prom.PromFile, ts: Optional[float]) -> tuple[str, str]:
    """Return the state of a file whose numbers are of no known time, and its sentence."""
    if file.fault == "absent":
        text = _(
            "There is no %(path)s. See whether %(program)s runs, and whether ACCESSLOG_METRICS_DIR is the "
            "textfile_dir of f2b.conf."
        )
        return "absent", str(text)
    if ts is None:
        text = _(
            "%(path)s cannot be read, is a link, or has no time in it. Set ACCESSLOG_METRICS_DIR to the "
            "textfile_dir of f2b.conf, where %(program)s writes it."
        )
        return "unknown", str(text)
    text = _(
        "%(path)s has a time that is still to come: how old it is, is unknown. See the clock of this host."
    )
    return "unknown", str(text)


def _judge_age(age_s: int, stale_s: int) -> tuple[str, str]:
    """Return the state of a file of this age, and its sentence."""
    if age_s > stale_s:
        text = _(
            "%(program)s has written nothing to %(path)s for more than %(seconds)d seconds. "
            "See whether it runs."
        )
        return "stale", str(text)
    return "ok", str(_("%(program)s writes %(path)s."))


def _is_to_come(now: float, then: float) -> bool:
    """Return whether a time says nothing: it was written while the clock of the host was wrong."""
    return then - now > CLOCKS_S


def _count_age(now: float, then: float) -> int:
    return max(0, int(now - then))
