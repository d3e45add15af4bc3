"""Checks a request before and after its view; everything else happens in the writer's thread.

A request only reads memory and adds its offence to the pending ones. Every half second the thread takes them:
it counts with all other processes, writes the lines for fail2ban, and adds to the TrashIP rows.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from time import monotonic, time
from typing import Any, NamedTuple, Optional

from django.conf import settings
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from ideolab_accesslog.access import headers, user
from ideolab_accesslog.access.client_ip import Client
from ideolab_accesslog.access.headers import as_text
from ideolab_accesslog.conf import conf
from ideolab_accesslog.networks import network_of
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.signals import dropped
from ideolab_accesslog.traship import banned, classify, evidence, site_urls
from ideolab_accesslog.traship.crawlers.held import HeldOffences
from ideolab_accesslog.traship.judge import OffenceJudge
from ideolab_accesslog.traship.offence import (
    AGENT_MAX,
    CROSS_SITE,
    PATH_MAX,
    Offence,
    is_asked_by_browsers,
)
from ideolab_accesslog.traship.turn import Turn

logger = logging.getLogger("ideolab_accesslog")

#: offences that wait; more in half a second are a flood, whose beginning says enough
PENDING_MAX = 20_000
#: seconds that the thread may work on them in one turn: rows of the access log wait meanwhile
TURN_S = 0.4
#: seconds after which an offence is not counted any more when CROWDED or more wait: the thread is too slow
LATE_S = 15.0
CROWDED = PENDING_MAX // 2
#: seconds that offences wait until the thread is taken to hang in the database: then requests write the lines
STALL_S = 3.0
#: rules whose paths no site has, not even below the prefixes of files
_TRICKS = ("traversal", "null-byte")

#: characters of the longest key of a session, which is a whole cookie with signed_cookies; browsers keep no
#: longer ones, and a client could have 20,000 of them wait
SESSION_MAX = 4096
#: statuses of a page that the site does not have
MISSING = frozenset({404, 410})


class _Pending(NamedTuple):
    since: float
    offence: Offence


class PendingOffences:
    """Offences that requests have added and the thread has not processed."""

    def __init__(self) -> None:
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Start empty, also in a child process: the parent keeps its own."""
        #: those that met a rule go first: they are fewer, and each may be a ban
        self._sensitive: deque[_Pending] = deque()
        self._missing: deque[_Pending] = deque()
        self._lost = 0
        self._late = 0
        self._since = 0.0
        self._draining = threading.Lock()
        self._held = HeldOffences()
        self.judge = OffenceJudge()

    def add(self, offence: Offence) -> None:
        """Add one, and write its line at once while the thread hangs."""
        waiting = len(self._sensitive) + len(self._missing)
        now = monotonic()
        if not waiting:
            self._since = now
        elif waiting >= PENDING_MAX:
            self._lost += 1
            self._write_line_now(offence)
            return
        elif now - self._since > STALL_S:
            self._write_line_now(offence)
        is_first = offence.rule and not offence.excuse
        (self._sensitive if is_first else self._missing).append(_Pending(now, offence))

    def drain(self, is_last: bool = False) -> None:
        """Process what the time of a turn allows, in the thread; the last time, as the process ends, all."""
        is_last = is_last or scheduler.is_stopping
        with self._draining:
            turn = Turn(None if is_last else TURN_S)
            try:
                taken = self._take(turn)
                held = self._held
                ready = held.sort_last(taken) if is_last else held.sort(taken, turn)
                self.judge.process(ready, turn)
            finally:
                # the thread does not hang, whatever still waits
                self._since = monotonic()
                self._report_lost()

    def _take(self, turn: Turn) -> Iterator[Offence]:
        """Yield offences until the turn is over; of a crowd, without those that have waited too long."""
        for waiting in (self._sensitive, self._missing):
            # not those that requests add meanwhile: their turn is the next one
            for _ in range(len(waiting)):
                if turn.is_over():
                    return
                is_crowded = len(self._sensitive) + len(self._missing) >= CROWDED
                since, offence = waiting.popleft()
                if not is_crowded or monotonic() - since <= LATE_S:
                    yield offence
                    continue
                self._late += 1
                # for the sake of the next ones of the same client
                self._held.ask(offence)
                self._write_line_now(offence)
                turn.rest()

    def _write_line_now(self, offence: Offence) -> None:
        """Write the line of an offence that is not yet counted, unless its client may be a crawler."""
        judged = self._held.judge_without_asking(offence)
        if judged is not None:
            self.judge.write_line_now(judged)

    def _report_lost(self) -> None:
        lost, self._lost = self._lost, 0
        late, self._late = self._late, 0
        if lost + late:
            dropped.send_robust(
                sender=PendingOffences, count=lost + late, why="offences come faster than they are counted"
            )

    def forget_old(self) -> None:
        """Forget what has left the window."""
        with self._draining:
            self.judge.forget_old()


_pending = PendingOffences()


def check_request(request: HttpRequest, client: Client) -> Optional[HttpResponse]:
    """Return the 403 for banned addresses and for paths that only scanners ask for; None: go on."""
    try:
        if not conf.TRASHIP_ENABLED:
            return None
        ip = client.ip
        bans = banned.current
        # not holds() for each request: an IPv4 address has no network to look for while none is banned
        is_banned = ip is not None and (ip in bans or ((banned.wide or ":" in ip) and banned.holds(ip)))
        if is_banned and conf.TRASHIP_BLOCK_BANNED:
            return _forbidden()
        # what rule_of() would say, without calling it
        if classify.remembered.get(request.path_info, classify.UNKNOWN) is None:
            return None
        rule = _find_rule(request)
        if rule is None or not conf.TRASHIP_BLOCK_SENSITIVE or not _is_refusable(request, rule):
            return None
        _add(request, client, rule, 403)
    except Exception:
        logger.exception("TrashIP: a request was not judged")
        return None
    return _forbidden()


def check_response(request: HttpRequest, response: Any, client: Client) -> None:
    """Count a page that the site does not have."""
    try:
        if response.status_code not in MISSING or not client.certain or not conf.TRASHIP_ENABLED:
            return
        rule = _find_rule(request)
        if rule is not None or _is_evidence(request):
            _add(request, client, rule or "", response.status_code)
    except Exception:
        logger.exception("TrashIP: a request was not counted")


def _find_rule(request: HttpRequest) -> Optional[str]:
    """Return the id of the rule that the path below SCRIPT_NAME meets; None for one that the site allows.

    SCRIPT_NAME is where the site stands: below /site.fcgi, or /wp-admin, each page would look like a scan.
    """
    rule = classify.rule_of(request.path_info)
    return None if rule is not None and _is_allowed_as_a_whole(request) else rule


def _is_allowed_as_a_whole(request: HttpRequest) -> bool:
    """Return whether TRASHIP_ALLOW_PATHS has the path with its SCRIPT_NAME; without one nothing is left."""
    return request.path != request.path_info and classify.is_allowed(request.path)


def _is_evidence(request: HttpRequest) -> bool:
    """Return whether a missing page counts: not what browsers ask for, what the site allows, or its users."""
    path = request.path_info
    if is_asked_by_browsers(path) or classify.is_allowed(path) or _is_allowed_as_a_whole(request):
        return False
    return not conf.TRASHIP_SPARE_USERS or user.find_pk(request) is None


def _is_refusable(request: HttpRequest, rule: str) -> bool:
    """Return whether the site has nothing at this path, as far as its settings and URL patterns show."""
    if conf.TRASHIP_RULES == classify.SUBSTRINGS:
        # whatever the site has there
        return True
    # STATIC_URL and MEDIA_URL may have SCRIPT_NAME in them, or not
    paths = (request.path, request.path_info)
    if rule not in _TRICKS and not all(map(site_urls.is_decidable_early, paths)):
        return False
    return not site_urls.is_served(request)


def _add(request: HttpRequest, client: Client, rule: str, status: int) -> None:
    """Count an offence; an error in it changes no answer."""
    if client.ip is None or not client.certain or not scheduler.keeps():
        return
    try:
        _pending.add(_make_offence(request, client.ip, rule, status))
    except Exception:
        logger.exception("TrashIP: a request was not counted")


def _make_offence(request: HttpRequest, address: str, rule: str, status: int) -> Offence:
    method, path = as_text(request.method), request.path[:PATH_MAX]
    agent = headers.read(request.META, "HTTP_USER_AGENT", AGENT_MAX)
    excuse = CROSS_SITE if _can_be_caused(request, method) else ""
    made = Offence(network_of(address), time(), rule, status, method, path, agent, excuse, address)
    if rule:
        return made
    return made._replace(pattern=site_urls.find_own_pattern(request), session=_session_of(request))


def _session_of(request: HttpRequest) -> str:
    """Return the key of the session that may be a user's; the thread finds out, the request asks nothing."""
    session = request.__dict__.get("session") if conf.TRASHIP_SPARE_USERS else None
    key = as_text(getattr(session, "session_key", None))
    return key if len(key) <= SESSION_MAX else ""


def _can_be_caused(request: HttpRequest, method: str) -> bool:
    """Return whether somebody else's page or link can have made the client send the request."""
    if not evidence.has_claims(request.META):
        return False
    meta = headers.read_all(request.META)
    host = meta.get("HTTP_HOST") or _server_of(meta)
    if settings.USE_X_FORWARDED_HOST:
        host = meta.get("HTTP_X_FORWARDED_HOST", host)
    return evidence.can_be_caused(evidence.read(method, _is_secure(request), host, meta))


def _is_secure(request: HttpRequest) -> bool:
    try:
        return bool(request.is_secure())
    except Exception:
        # the header of SECURE_PROXY_SSL_HEADER is no text: Django has no answer
        return False


def _server_of(meta: Mapping[str, str]) -> str:
    return f"{meta.get('SERVER_NAME', '')}:{meta.get('SERVER_PORT', '')}"


def _forbidden() -> HttpResponse:
    # the ban of an address must not reach others through a cache
    response = HttpResponseForbidden(b"403 Forbidden\n", "text/plain", headers={"Cache-Control": "no-store"})
    # Django logs a warning for each 403; a scan is logged in one place, once for each path
    response._has_been_logged = True
    return response


def drain() -> None:
    """Process the offences of all requests so far: count them, write lines and rows."""
    _pending.drain()


def divert(pending: PendingOffences) -> PendingOffences:
    """Have requests add their offences to these; return those of before."""
    global _pending
    _pending, former = pending, _pending
    return former


def forget(setting: str, **_others: Any) -> None:
    """Start anew after a setting changed."""
    if setting in ("CACHES", "TRASHIP_CACHE"):
        _pending.forget()
    if setting == "TRASHIP_BANNED_REFRESH_S":
        register()


def register() -> None:
    """Register the jobs with the scheduler, whose thread starts with the first request."""
    scheduler.add_job(drain)
    scheduler.add_periodic_job(
        float(conf.TRASHIP_BANNED_REFRESH_S), "read the banned addresses", banned.refresh
    )
    scheduler.add_periodic_job(5.0, "forget old 404s", _pending.forget_old)


setting_changed.connect(forget)
register()
