"""connmon's and fail2ban's metrics, and what their numbers are worth."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Optional

from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.conf import conf
from ideolab_accesslog.dashboard import prom
from ideolab_accesslog.dashboard.sources.source import PATH_MAX, DashboardSource, count_age, is_to_come

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
    return not is_to_come(now.timestamp(), compared) and now.timestamp() - compared <= COMPARED_S


def _read_metrics(writer: _Writer, name: str, now: datetime) -> Metrics:
    file = prom.read(Path(conf.ACCESSLOG_METRICS_DIR, name))
    ts, age_s = _find_time(file, writer.job), None
    if ts is None or is_to_come(now.timestamp(), ts):
        state, text = _describe_fault(file, ts)
        ts = 0.0
    else:
        age_s = count_age(now.timestamp(), ts)
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
