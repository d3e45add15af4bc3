"""What one target asked the site for: paths, agents, and how many requests were of people who signed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Optional

from ideolab_accesslog import databases
from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.conf import conf
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.databases.times import to_database, to_utc
from ideolab_accesslog.models import AccessLog, OffenceLog

#: rows of each table that are read
MOST = 1000
#: requests that are counted; there may be more
COUNTED = 10_000
#: days of the access log
DAYS = 7
#: rows of each part
PATHS = 30
AGENTS = 15
#: characters of a path and of an agent
PATH_MAX = 300
AGENT_MAX = 200


class Asked(NamedTuple):
    """One request or offence."""

    ts: datetime
    path: str
    status: int
    agent: str


@dataclass(frozen=True)
class AskedPath:
    """A path, how often it was asked for, and the status and time of the newest answer."""

    path: str
    count: int
    status: int
    last: datetime


@dataclass(frozen=True)
class Agent:
    """A user agent, and how often it was sent."""

    agent: str
    count: int


@dataclass(frozen=True)
class RequestCounts:
    """Requests in the log; `logged_in` of the newest ones. None: nobody knows."""

    count: Optional[int]
    logged_in: Optional[int]


@dataclass(frozen=True)
class SiteRequests:
    """What was asked for, as far as the visitor may see it."""

    asked: tuple[Asked, ...]
    counts: RequestCounts
    is_cut: bool


def read_requests(
    target: DetailTarget, now: datetime, *, has_requests: bool, has_offences: bool
) -> SiteRequests:
    """Read the newest requests and offences of a target, each only where the visitor may see the table."""
    offences = _read_offences(target) if has_offences else []
    if not has_requests or target.network is None or not conf.ACCESSLOG_ENABLED:
        return SiteRequests(tuple(offences), RequestCounts(None, None), len(offences) >= MOST)
    log = AccessLog.objects.using(databases.requests())
    rows = target.filter_addresses(log.filter(ts__gte=to_database(now - timedelta(days=DAYS))))
    newest = list(rows.values_list("ts", "path", "status_code", "user_agent", "user_id")[:MOST])
    count = len(newest) if len(newest) < MOST else rows.order_by().values("pk")[:COUNTED].count()
    asked = [Asked(to_utc(ts), path, status, agent) for ts, path, status, agent, _user in newest]
    logged_in = sum(user is not None for *_fields, user in newest)
    is_cut = len(newest) >= MOST or len(offences) >= MOST
    return SiteRequests((*offences, *asked), RequestCounts(count, logged_in), is_cut)


def _read_offences(target: DetailTarget) -> list[Asked]:
    rows = target.filter_addresses(OffenceLog.objects.all())
    columns = ("ts", "path", "status_code", "user_agent")
    return [Asked(to_utc(ts), *rest) for ts, *rest in _take(rows.values_list(*columns))]


def _take(rows: Any) -> Iterable[Any]:
    found: Iterable[Any] = rows[:MOST]
    return found


def list_paths(found: SiteRequests) -> tuple[AskedPath, ...]:
    """Return the paths that were asked for most."""
    counts = Counter(one.path for one in found.asked)
    newest = {one.path: one for one in sorted(found.asked, key=lambda one: one.ts)}
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:PATHS]
    return tuple(
        AskedPath(to_printable(path, PATH_MAX), count, newest[path].status, newest[path].ts)
        for path, count in ranked
    )


def list_agents(found: SiteRequests) -> tuple[Agent, ...]:
    """Return the user agents that were sent most."""
    counts = Counter(to_printable(one.agent, AGENT_MAX) for one in found.asked if one.agent)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:AGENTS]
    return tuple(Agent(agent, count) for agent, count in ranked)
