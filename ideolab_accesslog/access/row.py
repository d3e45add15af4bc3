"""Makes the tuple that AccessLog stores for a request: bounded, without query and without session key."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, Optional

from django.conf import settings
from django.http import HttpRequest

from ideolab_accesslog.access.client_ip import Client
from ideolab_accesslog.access.headers import as_text, read
from ideolab_accesslog.access.user import find_pk
from ideolab_accesslog.conf import cached, drop_on_change

Row = tuple[Any, ...]

#: the order of a row; `ts` is seconds since 1970
FIELDS = (
    *("ts", "ip", "forwarded_for", "user_id", "session_key", "method", "host", "path", "query_string"),
    *("referer", "user_agent", "accept_language", "status_code", "response_bytes", "duration_ms"),
    "view_name",
)
#: characters of a session's key whose digest is remembered; Django's have 32
KEY_MAX = 64


def row_of(
    request: HttpRequest, client: Client, status: int, size: Optional[int], ts: float, duration_s: float
) -> Row:
    """Return the row of an answered request; every text is cut to the width of its column."""
    header = request.META.get
    match = request.resolver_match
    try:
        texts: tuple[str, ...] = (
            header("HTTP_X_FORWARDED_FOR", "")[:255],
            request.method[:16],
            header("HTTP_HOST", "")[:255],
            header("QUERY_STRING", "")[:1024],
            header("HTTP_REFERER", "")[:1024],
            header("HTTP_USER_AGENT", "")[:512],
            header("HTTP_ACCEPT_LANGUAGE", "")[:128],
        )
        # TypeError where one is no text
        "".join(texts)
    except TypeError:
        texts = _read_texts(request)
    forwarded_for, method, host, query, referer, agent, language = texts
    session = request.__dict__.get("session")
    session_key = None if session is None else session.session_key
    return (
        ts,
        client.ip,
        forwarded_for,
        find_pk(request),
        _digest_of(session_key) if session_key else "",
        method,
        host,
        request.path[:1024],
        query,
        referer,
        agent,
        language,
        status,
        size,
        duration_s * 1000.0,
        (match.view_name or "")[:200] if match else "",
    )


def _read_texts(request: HttpRequest) -> tuple[str, ...]:
    """Return the texts of a request of which a server or a middleware has made something else."""
    meta = request.META
    return (
        read(meta, "HTTP_X_FORWARDED_FOR", 255),
        as_text(request.method)[:16],
        read(meta, "HTTP_HOST", 255),
        read(meta, "QUERY_STRING", 1024),
        read(meta, "HTTP_REFERER", 1024),
        read(meta, "HTTP_USER_AGENT", 512),
        read(meta, "HTTP_ACCEPT_LANGUAGE", 128),
    )


def _digest_of(session_key: Any) -> str:
    key = str(session_key)
    # a client chooses the length of its cookie, and nobody needs its longest ones in memory
    return _digest_again(key) if len(key) <= KEY_MAX else digest(key)


def digest(session_key: str) -> str:
    """Return a text that is the same for the same session, and that does not reveal the session's key."""
    text = str(session_key).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16, key=_secret(), person=b"accesslog").hexdigest()


@cached
def _secret() -> bytes:
    return hashlib.sha256(str(settings.SECRET_KEY).encode()).digest()


_digest_again = lru_cache(maxsize=4096)(digest)
drop_on_change(_digest_again.cache_clear)
