"""What the middleware asks before a view and tells after it; the rest happens in the writer's thread.

A request only looks into memory and notes its offence. Every half second the thread drains the notes: it
counts with all other processes, tells fail2ban, and adds to the TrashIP rows.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from time import monotonic, time
from typing import Any, Optional

from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from ideolab_accesslog.access.client_ip import Client
from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.signals import dropped
from ideolab_accesslog.traship import banned, classify, site_urls
from ideolab_accesslog.traship.judge import Judge
from ideolab_accesslog.traship.offence import AGENT_MAX, PATH_MAX, Offence, is_browsers

logger = logging.getLogger("ideolab_accesslog")

#: notes that wait; more in half a second are a flood, whose beginning tells enough
NOTES_MAX = 20_000
#: the thread hangs in the database: from then on the requests tell fail2ban themselves
STALL_S = 3.0
#: a path that cannot be anybody's: not even under the prefixes of files
_TRICKS = ("traversal", "null-byte")


class Notes:
    """What requests have noted and the thread has not drained."""

    def __init__(self) -> None:
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """The parent keeps its own."""
        self._waiting: deque[Offence] = deque()
        self._lost = 0
        self._since = 0.0
        self._draining = threading.Lock()
        self.judge = Judge()

    def add(self, offence: Offence) -> None:
        if not self._waiting:
            self._since = monotonic()
        elif monotonic() - self._since > STALL_S:
            self.judge.tell_alone(offence)
        if len(self._waiting) >= NOTES_MAX:
            self._lost += 1
        else:
            self._waiting.append(offence)

    def drain(self) -> None:
        """In the thread, at every turn and at the end of the process."""
        with self._draining:
            lost, self._lost = self._lost, 0
            if lost:
                dropped.send_robust(
                    sender=Notes, count=lost, why="offences come faster than they are counted"
                )
            self.judge.hear([self._waiting.popleft() for _ in range(len(self._waiting))])

    def tidy(self) -> None:
        with self._draining:
            self.judge.tidy()


_notes = Notes()


def before(request: HttpRequest, client: Client) -> Optional[HttpResponse]:
    """The 403 for banned addresses and for paths that only scanners ask for; None: go on."""
    try:
        if not conf.TRASHIP_ENABLED:
            return None
        if client.ip in banned.current and conf.TRASHIP_BLOCK_BANNED:
            return _forbidden()
        rule = classify.rule_of(request.path)
        if rule is None or not conf.TRASHIP_BLOCK_SENSITIVE or not _is_nobodys(request, rule):
            return None
        _note(request, client, rule, 403)
        return _forbidden()
    except Exception:
        logger.exception("TrashIP: a request was not judged")
        return None


def after(request: HttpRequest, response: Any, client: Client) -> None:
    """Count what the site does not have."""
    if response.status_code not in (404, 410):
        return
    try:
        if not client.certain or not conf.TRASHIP_ENABLED:
            return
        path = request.path
        rule = classify.rule_of(path)
        if rule is not None or not is_browsers(path):
            _note(request, client, rule or "", response.status_code)
    except Exception:
        logger.exception("TrashIP: a request was not counted")


def _is_nobodys(request: HttpRequest, rule: str) -> bool:
    """Whether the site would not answer anyway."""
    if conf.TRASHIP_RULES == classify.SUBSTRINGS:
        # whatever the site has there
        return True
    if rule not in _TRICKS and not site_urls.is_known_before(request.path):
        return False
    return not site_urls.is_the_sites(request)


def _note(request: HttpRequest, client: Client, rule: str, status: int) -> None:
    if client.ip is None or not client.certain:
        return
    agent = request.META.get("HTTP_USER_AGENT", "")
    _notes.add(
        Offence(
            client.ip, time(), rule, status, request.method or "", request.path[:PATH_MAX], agent[:AGENT_MAX]
        )
    )


def _forbidden() -> HttpResponse:
    # the ban of an address must not reach others through a cache
    response = HttpResponseForbidden(b"403 Forbidden\n", "text/plain", headers={"Cache-Control": "no-store"})
    # Django warns of each 403; a scan is told of in one place, once for each path
    response._has_been_logged = True
    return response


def drain() -> None:
    """Count, tell and write what requests have noted."""
    _notes.drain()


def forget(setting: str, **_others: Any) -> None:
    if setting in ("CACHES", "TRASHIP_CACHE"):
        _notes.forget()
    if setting == "TRASHIP_BANNED_REFRESH_S":
        register()


def register() -> None:
    """Have the thread do its part; it starts with the first request."""
    scheduler.add_job(drain)
    scheduler.add_periodic_job(
        float(conf.TRASHIP_BANNED_REFRESH_S), "read the banned addresses", banned.refresh
    )
    scheduler.add_periodic_job(5.0, "forget old 404s", _notes.tidy)


setting_changed.connect(forget)
register()
