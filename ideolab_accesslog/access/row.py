"""Makes the tuple that AccessLog stores for a request: bounded, without query and without session key."""

from __future__ import annotations

import hashlib
from typing import Any, Optional

from django.conf import settings
from django.http import HttpRequest

from ideolab_accesslog.access.client_ip import Client
from ideolab_accesslog.access.headers import as_text, read
from ideolab_accesslog.conf import cached

Row = tuple[Any, ...]

#: the order of a row; `ts` is seconds since 1970
FIELDS = (
    *("ts", "ip", "forwarded_for", "user_id", "session_key", "method", "host", "path", "query_string"),
    *("referer", "user_agent", "accept_language", "status_code", "response_bytes", "duration_ms"),
    "view_name",
)


def row_of(
    request: HttpRequest, client: Client, status: int, size: Optional[int], ts: float, duration_s: float
) -> Row:
    """Return the row of an answered request; every text is cut to the width of its column."""
    meta = request.META
    match = request.resolver_match
    return (
        ts,
        client.ip,
        read(meta, "HTTP_X_FORWARDED_FOR", 255),
        _user_pk(request),
        _session(request),
        as_text(request.method)[:16],
        read(meta, "HTTP_HOST", 255),
        request.path[:1024],
        read(meta, "QUERY_STRING", 1024),
        read(meta, "HTTP_REFERER", 1024),
        read(meta, "HTTP_USER_AGENT", 512),
        read(meta, "HTTP_ACCEPT_LANGUAGE", 128),
        status,
        size,
        duration_s * 1000.0,
        (match.view_name or "")[:200] if match else "",
    )


def _user_pk(request: HttpRequest) -> Any:
    """Return the user if the site has loaded it; loading it would cost queries and add `Vary: Cookie`."""
    attributes = request.__dict__
    user = attributes.get("_cached_user") or attributes.get("_acached_user")
    return None if user is None else user.pk


def _session(request: HttpRequest) -> str:
    session = request.__dict__.get("session")
    key = None if session is None else session.session_key
    return digest(key) if key else ""


def digest(session_key: str) -> str:
    """Return a text that is the same for the same session, and that does not reveal the session's key."""
    text = str(session_key).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16, key=_secret(), person=b"accesslog").hexdigest()


@cached
def _secret() -> bytes:
    return hashlib.sha256(str(settings.SECRET_KEY).encode()).digest()
