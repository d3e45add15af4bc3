"""Puts all values of the page together, from a bounded number of queries and two files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Optional

from django.utils.translation import gettext as _

from ideolab_accesslog.dashboard import cards, counts, site
from ideolab_accesslog.dashboard import timeline as timelines
from ideolab_accesslog.dashboard import verdict as verdicts
from ideolab_accesslog.dashboard.bans import last_bans, leaders, networks, ordered, origins, unbanned
from ideolab_accesslog.dashboard.event_types import BAN, OBSERVED, RESTORED, SUSPECT
from ideolab_accesslog.dashboard.instants import read_clock
from ideolab_accesslog.dashboard.numbers import show_number
from ideolab_accesslog.dashboard.period import HOUR_S, PERIODS, Period
from ideolab_accesslog.dashboard.readings import CounterReading, Readings, readings
from ideolab_accesslog.dashboard.sources import metrics
from ideolab_accesslog.dashboard.sources.events import check_events
from ideolab_accesslog.dashboard.sources.site_log import check_site
from ideolab_accesslog.dashboard.sources.source import DashboardSource

PRESSURE = "ideolab_connmon_pressure"
UNEXPLAINED = "ideolab_connmon_unexplained"
DRIFT = "ideolab_f2b_drift_elements"
BAN_ERRORS = "ideolab_f2b_ban_errors_total"
FILL = "ideolab_f2b_set_fill_ratio"
#: days whose bans are the usual ones
USUAL_DAYS = 7
#: newest suspects among which the attacker is looked for
SUSPECTS = 500


@dataclass(frozen=True)
class OriginsNote:
    """The bans of which the tables of origins are made. `state`: ok, or that of the source of events."""

    state: str
    since: datetime
    bans: int
    text: str


@dataclass(frozen=True)
class PageData:
    """All values of the page; its fields are the keys of the JSON (docs/dashboard.md)."""

    now: datetime
    period: str
    periods: tuple[str, ...]
    verdict: verdicts.AttackVerdict
    cards: tuple[cards.Card, ...]
    timeline: timelines.BanTimeline
    ordered: tuple[ordered.BanOrder, ...]
    last_bans: tuple[last_bans.BanEntry, ...]
    origins: OriginsNote
    asns: tuple[networks.AsRow, ...]
    countries: tuple[networks.CountryRow, ...]
    networks4: tuple[networks.NetworkRow, ...]
    networks6: tuple[networks.NetworkRow, ...]
    site: site.SiteView
    sources: tuple[DashboardSource, ...]


@dataclass(frozen=True)
class _Sources:
    """The sources, read once for all values of one answer."""

    events: DashboardSource
    connmon: metrics.Metrics
    fail2ban: metrics.Metrics
    site: DashboardSource

    def list_all(self) -> tuple[DashboardSource, ...]:
        """Return them in the order of the page."""
        return self.events, self.connmon.source, self.fail2ban.source, self.site


@dataclass(frozen=True)
class _Bans:
    """The bans of one answer. `minutes`: None where the import is not so far; `hour`: its newest."""

    ordered: tuple[ordered.BanOrder, ...]
    newest: tuple[last_bans.BanEntry, ...]
    minutes: Optional[counts.MinuteCounts]
    hour: list[origins.BanOrigin]
    owners: origins.Origins


def collect(period: Period, now: Optional[datetime] = None, kept: Readings = readings) -> PageData:
    """Return the values of a period; texts are in the language of now."""
    now = now or read_clock()
    found = _read_sources(now)
    _keep_reading(found.fail2ban, kept)
    bans = _read_bans(period, now)
    is_counted = bans.minutes is not None
    bans_24h = counts.count_day(now) if is_counted else None
    timeline_state = _find_state(found.events, is_counted or period.step_s >= HOUR_S)
    networks4, networks6 = networks.list_networks(bans.owners)
    return PageData(
        now=now,
        period=period.name,
        periods=tuple(PERIODS),
        verdict=verdicts.judge(_describe(found, bans, now, kept)),
        cards=cards.make_cards(found.connmon, found.fail2ban, found.events, bans_24h, kept.find_drop_rate()),
        timeline=timelines.make_timeline(counts.count_by_step(period, now), period, now, timeline_state),
        ordered=bans.ordered,
        last_bans=bans.newest,
        origins=_note_origins(bans.owners, found.events),
        asns=networks.list_asns(bans.owners),
        countries=networks.list_countries(bans.owners),
        networks4=networks4,
        networks6=networks6,
        site=site.read_site(now - period.length),
        sources=found.list_all(),
    )


def _read_sources(now: datetime) -> _Sources:
    return _Sources(
        check_events(now),
        metrics.read_connmon(now),
        metrics.read_fail2ban(now),
        check_site(),
    )


def _read_bans(period: Period, now: datetime) -> _Bans:
    # first: what an event tells meanwhile is among the newest bans then, and not in neither
    orders = ordered.read_orders(now)
    newest, minutes = last_bans.read_last(now), counts.read_minutes(now)
    hour = origins.read_newest(now - timedelta(seconds=HOUR_S), now)
    return _Bans(
        ordered=orders,
        newest=newest,
        minutes=minutes if _is_counted(newest, minutes, now) else None,
        hour=hour,
        owners=origins.read_origins(period, now, hour),
    )


def _keep_reading(fail2ban: metrics.Metrics, kept: Readings) -> None:
    if fail2ban.source.is_ok:
        numbers = (fail2ban.file.sum(name) for name in (cards.DROPPED, BAN_ERRORS, DRIFT))
        kept.add(CounterReading(fail2ban.ts, *numbers))


def _is_counted(newest: tuple[last_bans.BanEntry, ...], minutes: counts.MinuteCounts, now: datetime) -> bool:
    """Return whether the import has counted the minute of the newest ban, if there was one lately."""
    stamps = [one.ts for one in newest if one.type == BAN]
    start = now - timedelta(seconds=HOUR_S)
    if not stamps or not start < stamps[0] <= now:
        return True
    return bool(minutes.sum(BAN, start))


def _describe(found: _Sources, bans: _Bans, now: datetime, kept: Readings) -> verdicts.Situation:
    """Return what the verdict is made of; numbers of sources that are not ok are not known."""
    start, banned = (now - timedelta(seconds=ago) for ago in (verdicts.RECENT_S, verdicts.BANNED_AFTER_S))
    known = bans.minutes if found.events.is_ok else None
    suspects = _round(cards.find_suspects(found.connmon) if found.connmon.source.is_ok else None)
    errors = kept.find_ban_errors()
    return verdicts.Situation(
        events=found.events,
        connmon=found.connmon.source,
        fail2ban=found.fail2ban.source,
        bans=known.sum(BAN, start) if known else None,
        usual_bans=counts.count_usual(now, USUAL_DAYS, verdicts.RECENT_S),
        suspect_lines=known.sum(SUSPECT, start, banned) if known else None,
        observed=known.sum(OBSERVED, start) if known else 0,
        has_unbanned=_has_unbanned(bans.hour, start, banned, now) if known else False,
        suspects=suspects,
        pressure=_round(found.connmon.file.max(PRESSURE) if found.connmon.source.is_ok else None),
        is_unexplained=bool(found.connmon.file.max(UNEXPLAINED)),
        is_kernel_compared=metrics.is_kernel_compared(found.fail2ban, now),
        has_lasting_drift=kept.has_lasting_drift(),
        ban_errors=round(errors.amount) if errors else 0,
        set_fill=found.fail2ban.file.max(FILL),
        leaders=_find_leaders(bans.hour, start, now, bool(suspects)),
    )


def _round(number: Optional[float]) -> Optional[int]:
    return None if number is None else round(number)


def _find_leaders(
    hour: list[origins.BanOrigin], start: datetime, now: datetime, has_suspects: bool
) -> tuple[verdicts.Leader, ...]:
    """Return those who have most of the newest bans; else whoever has most of the suspects."""
    named = leaders.find_leaders(origins.count_newest(hour, now))
    if named or not has_suspects:
        return named
    return leaders.find_suspect(origins.read_newest(start, now, SUSPECT, SUSPECTS))


def _has_unbanned(
    hour: list[origins.BanOrigin], start: datetime, end: datetime, now: datetime
) -> Optional[bool]:
    """Return whether most clients that connmon has named in this time are in no ban of the last hour."""
    named = [row for kind in (SUSPECT, OBSERVED) for row in origins.read_newest(start, end, kind, SUSPECTS)]
    if not named:
        return False
    since = now - timedelta(seconds=HOUR_S)
    restored = origins.read_newest(since, now, RESTORED)
    if max(len(hour), len(restored)) > origins.NEWEST:
        some = unbanned.choose_clients(named)
        return unbanned.has_unbanned(some, unbanned.read_bans_of(some, since))
    return unbanned.has_unbanned(named, hour, restored)


def _find_state(events: DashboardSource, is_counted: bool) -> str:
    """Return the state of what is made of events."""
    return events.state if is_counted or not events.is_ok else "unknown"


def _note_origins(found: origins.Origins, events: DashboardSource) -> OriginsNote:
    """Return the sentence that says of which bans the tables are."""
    words = {"count": show_number(found.total), "time": f"{found.since:%Y-%m-%d %H:%M} UTC"}
    text = _("Of all bans since %(time)s: %(count)s.") % words
    if found.is_cut:
        text = _("Of the newest %(count)s bans; there were more since %(time)s.") % words
    return OriginsNote(events.state, found.since, found.total, text)
