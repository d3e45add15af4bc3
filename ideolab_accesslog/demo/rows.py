"""The rows of the played attack that the site itself writes: requests, scanners, offences, audit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Optional
from uuid import NAMESPACE_DNS, uuid5

from ideolab_accesslog.demo import places, scans
from ideolab_accesslog.models import AccessLog, FirewallActionLog, OffenceLog, TrashIP
from ideolab_accesslog.traship.classify import rule_of

#: the host of every request; a real site has no such name (RFC 2606)
HOST = "shop.example"
REQUESTS = 2400
#: of 100 visitors so many are logged in
_LOGGED_IN_PART = 35
_VISITS_SINCE = timedelta(days=14)
#: offences of one scanner
_OFFENCES = range(3, 14)
#: seconds between two requests of a scanner
_PACE_S = range(2, 40)
#: of 100 scanners so many came in the last hour
_NOW_PART = 60
AUDIT_NAME = "alice (played)"
#: what was done by hand: address, action, state, minutes ago
_ACTIONS = (
    ("198.18.64.7", "ban", "done", 1800),
    ("198.18.1.23", "ban", "done", 1500),
    ("198.18.1.23", "check", "done", 1490),
    ("198.18.1.23", "unban", "done", 1320),
    ("198.18.128.61", "ban", "failed", 58),
    ("198.18.128.61", "ban", "done", 57),
    ("198.18.0.61", "ban", "done", 22),
    ("198.18.0.61", "check", "done", 21),
    ("2001:db8:b000:1::/64", "ban", "done", 9),
)
#: one for each call: by these the rows of the audit are found again
BATCHES = tuple(uuid5(NAMESPACE_DNS, f"{number}.security-demo.example") for number in range(len(_ACTIONS)))
#: of _ACTIONS: who is still banned by hand
_BANNED = ("198.18.64.7", "198.18.128.61", "198.18.0.61", "2001:db8:b000:1::/64")


def make_requests(now: datetime, random: Random, users: Sequence[Optional[int]]) -> Iterator[AccessLog]:
    """Yield the requests of two weeks; `users` are the numbers of those who may be logged in."""
    for _number in range(REQUESTS):
        visitor = random.choice(places.VISITORS)
        path, view = random.choices(scans.PAGES, range(len(scans.PAGES), 0, -1))[0]
        # the same visitor is always the same person
        person = places.VISITORS.index(visitor)
        is_logged_in = person % 100 < _LOGGED_IN_PART
        yield AccessLog(
            ts=now - _VISITS_SINCE * random.random(),
            ip=visitor,
            user_id=users[person % len(users)] if is_logged_in and users else None,
            method="GET",
            host=HOST,
            path=path,
            user_agent=scans.VISITOR_AGENTS[person % len(scans.VISITOR_AGENTS)],
            status_code=200,
            response_bytes=random.randint(900, 60_000),
            duration_ms=round(random.lognormvariate(2.6, 0.7), 1),
            view_name=view,
        )


def make_offences(now: datetime, random: Random) -> Iterator[OffenceLog]:
    """Yield what the scanners asked for, each in one go."""
    for address in places.SCANNERS:
        is_now = random.randrange(100) < _NOW_PART or address in _BANNED
        at = now - (timedelta(hours=1) if is_now else timedelta(days=9)) * random.uniform(0.3, 1)
        is_burst = random.randrange(4) == 0
        agent = random.choice(scans.SCANNER_AGENTS)
        for number in range(random.choice(_OFFENCES)):
            at += timedelta(seconds=random.choice(_PACE_S))
            path = f"{random.choice(scans.MISSING)}{number}" if is_burst else random.choice(scans.PATHS)
            yield OffenceLog(
                ts=min(at, now),
                ip=address,
                client_ip=address.replace("::/64", "::7"),
                reason=TrashIP.Reason.BURST_404 if is_burst else TrashIP.Reason.SENSITIVE_PATH,
                rule="" if is_burst else rule_of(path) or "",
                method="GET",
                path=path,
                status_code=404 if is_burst else 403,
                user_agent=agent,
            )


def make_scanners(
    offences: Sequence[OffenceLog], now: datetime, random: Random, *, has_bans: bool
) -> Iterator[TrashIP]:
    """Yield one address for each scanner; with `has_bans` those of the audit are wanted banned.

    A site that tells its firewall must not want any: its next `reconcile_firewall` would put them in force.
    """
    for address in places.SCANNERS:
        own = [offence for offence in offences if offence.ip == address]
        missing = sum(offence.status_code == 404 for offence in own)
        is_banned = has_bans and address in _BANNED
        yield TrashIP(
            ip=address,
            reason=own[-1].reason,
            count_hits=len(own) + random.randint(0, 40),
            count_404=missing,
            count_sensitive=len(own) - missing,
            last_path=own[-1].path,
            last_user_agent=own[-1].user_agent,
            first_seen=own[0].ts,
            last_seen=own[-1].ts,
            is_banned=is_banned,
            ban_until=now + timedelta(hours=23) if is_banned and address != _BANNED[0] else None,
            ban_reason="path scan" if is_banned else "",
        )


def make_actions(now: datetime) -> Iterator[FirewallActionLog]:
    """Yield the audit of what was done by hand."""
    for (address, action, state, ago), batch in zip(_ACTIONS, BATCHES):
        yield FirewallActionLog(
            ts=now - timedelta(minutes=ago),
            batch=batch,
            actor_name=AUDIT_NAME,
            action=action,
            ip=address,
            bantime=86400 if action == "ban" and address != _BANNED[0] else None,
            reason="path scan" if action == "ban" else "",
            state=state,
            rc=0 if state == "done" else 1,
            stderr="" if state == "done" else "no answer within 3 s",
            duration_ms=41.5,
        )
