"""What one target asked the site for: paths, agents, and how many requests were of people who signed in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Optional

from ideolab_accesslog import databases
from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.conf import conf
from ideolab_accesslog.dashboard.detail.newest import IsInside, NewestRows, find_newest, read_rows
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.databases.times import to_database, to_utc
from ideolab_accesslog.models import AccessLog, OffenceLog

#: rows of each table that are read
MOST = 1000
#: requests of one address that are counted; there may be more
COUNTED = 10_000
#: days of the access log
DAYS = 7
#: rows of each part
PATHS = 30
AGENTS = 15
#: characters of a path and of an agent
PATH_MAX = 300
AGENT_MAX = 200
#: the columns of Asked, in both tables
_COLUMNS = ("ts", "path", "status_code", "user_agent")


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


class _NewestAsked(NamedTuple):
    """The newest rows of one table, who was logged in, and how many rows there are at least."""

    asked: tuple[Asked, ...] = ()
    users: tuple[Any, ...] = ()
    found: int = 0
    is_cut: bool = False


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
    offences = _read(target, OffenceLog.objects.all()) if has_offences else _NewestAsked()
    if not has_requests or target.network is None or not conf.ACCESSLOG_ENABLED:
        return SiteRequests(offences.asked, RequestCounts(None, None), offences.is_cut)
    since = to_database(now - timedelta(days=DAYS))
    log = AccessLog.objects.using(databases.requests())
    newest = _read(target, log.all(), "user_id", since=since)
    counts = RequestCounts(newest.found, sum(user is not None for user in newest.users))
    return SiteRequests((*offences.asked, *newest.asked), counts, newest.is_cut or offences.is_cut)


def _read(target: DetailTarget, rows: Any, *user: str, since: Optional[datetime] = None) -> _NewestAsked:
    """Read the newest rows of a table, and their users where it has any."""
    inside = target.filter_addresses(rows)
    found = find_newest(target, inside, IsInside("ip", target.holds), MOST, since)
    read = list(read_rows(rows, found.keys, *_COLUMNS, *user))
    return _NewestAsked(
        asked=tuple(Asked(to_utc(row[0]), *row[1 : len(_COLUMNS)]) for row in read),
        users=tuple(row[-1] for row in read) if user else (),
        found=_count(inside, found, since) if target.kind == "address" else found.found,
        is_cut=found.is_cut or target.leaves_out(rows),
    )


def _count(inside: Any, found: NewestRows, since: Optional[datetime]) -> int:
    """Return how many requests one address has made; only there an index has them by time."""
    if not found.is_cut or since is None:
        return found.found
    return int(inside.filter(ts__gte=since).order_by().values("pk")[:COUNTED].count())


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
