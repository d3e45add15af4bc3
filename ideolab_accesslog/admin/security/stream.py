"""The dashboard's data as server-sent events, where the site runs under ASGI.

A stream holds no worker and no connection of the database while it waits. It ends after a minute: the browser
comes again, and is asked again who it is.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from typing import Any, Optional

from asgiref.sync import sync_to_async
from django.contrib import auth
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from ideolab_accesslog.admin.security.data import read_for
from ideolab_accesslog.admin.security.json_view import make_error

#: seconds between two looks at the data
STEP_S = 2.0
#: seconds between two comments while nothing changes: proxies end what is silent for a minute
HEARTBEAT_S = 15.0
#: seconds between two looks at the session and the permission
CHECK_S = 20.0
#: seconds of a stream: a server that ends waits for it, and systemd waits 90 for the server. Django 4.2 does
#: not hear that a client has left, and goes on until then
LONGEST_S = 60.0
#: streams of one process; whoever comes later asks again and again
MOST = 20
#: seconds for which a stream has its place: one whose reader takes nothing any more is not heard of again
PLACE_S = 2 * LONGEST_S
#: milliseconds after which the browser comes again
RETRY_MS = 2000

#: when each stream came, on the monotonic clock
_places: dict[object, float] = {}
_lock = threading.Lock()


def can_stream(request: HttpRequest) -> bool:
    """Return whether the site's server can send events: under WSGI each would hold a worker."""
    return isinstance(request, ASGIRequest)


def send_stream(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Send the data of ?period= whenever it changes; the permission was checked by make_json_view.

    No status of a refusal is 500 or above: Django would write to ADMINS.
    """
    if not can_stream(request):
        return make_error("no-stream", _("This server sends no streams (WSGI): ask data/ instead."), 406)
    place = _take_place()
    if place is None:
        refused = make_error("too-many", _("Too many streams of this process: ask data/ instead."), 429)
        refused.headers["Retry-After"] = "60"
        return refused
    stream = _make_stream(model_admin, request, place)
    response = StreamingHttpResponse(stream, content_type="text/event-stream; charset=utf-8")
    # nginx hands each event on at once
    response.headers["X-Accel-Buffering"] = "no"
    # GZipMiddleware leaves it alone: it would hold events back
    response.headers["Content-Encoding"] = "identity"
    return response


def _take_place() -> Optional[object]:
    """Return the place of a new stream; None where there is none.

    It is taken before the stream begins: of a hundred that come at once all would still see it free.
    """
    now = time.monotonic()
    with _lock:
        for left in [one for one, came in _places.items() if now - came > PLACE_S]:
            del _places[left]
        if len(_places) >= MOST:
            return None
        place = object()
        _places[place] = now
        return place


async def _make_stream(model_admin: Any, request: HttpRequest, place: object) -> AsyncIterator[bytes]:
    """Yield events until the time is over, or the visitor is signed out."""
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        period, language = request.GET.get("period", ""), translation.get_language()
        began = checked = said = time.monotonic()
        last, user = "", request.user
        while time.monotonic() - began < LONGEST_S:
            data = await sync_to_async(_read)(user, period, language)
            now, mark = time.monotonic(), _mark(data)
            if mark != last:
                last, said = mark, now
                yield _format(data)
            elif now - said >= HEARTBEAT_S:
                said = now
                yield b": alive\n\n"
            await asyncio.sleep(STEP_S)
            if time.monotonic() - checked >= CHECK_S:
                checked = time.monotonic()
                user = await sync_to_async(_find_user)(model_admin, request)
                if user is None:
                    return
    finally:
        _places.pop(place, None)


def _read(user: Any, period: str, language: Optional[str]) -> dict[str, Any]:
    try:
        with translation.override(language):
            return read_for(user, period)
    finally:
        # of this thread, which waits for the stream alone
        connections.close_all()


def _find_user(model_admin: Any, request: HttpRequest) -> Optional[Any]:
    """Return the visitor as the database has him now; None who is signed out, or may not see the page."""
    try:
        asked = HttpRequest()
        asked.META = request.META
        session = request.session
        asked.session = type(session)(session.session_key)
        asked.user = auth.get_user(asked)
        may = model_admin.admin_site.has_permission(asked) and model_admin.has_view_permission(asked)
        return asked.user if may else None
    finally:
        connections.close_all()


def _mark(data: dict[str, Any]) -> str:
    """Return what of the data has to change for an event: not the clock, and no age."""
    sources = [{**source, "age_s": None} for source in data["sources"]]
    return json.dumps({**data, "now": None, "sources": sources})


def _format(data: dict[str, Any]) -> bytes:
    return f"event: data\ndata: {json.dumps(data)}\n\n".encode()
