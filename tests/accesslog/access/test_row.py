"""One request as the tuple that the table stores."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory, override_settings

from ideolab_accesslog.access import row
from ideolab_accesslog.access.client_ip import Client
from ideolab_accesslog.access.row import FIELDS, KEY_MAX, digest, row_of
from ideolab_accesslog.models import AccessLog


def test_a_plain_request() -> None:
    """Every field, in the order of FIELDS."""
    request = RequestFactory().get("/page/?a=1", headers={"User-Agent": "curl/8", "Host": "example.com"})
    request.resolver_match = None

    assert row_of(request, Client("198.51.100.7", True), 200, 12, 1795363200.25, 0.0015) == (
        1795363200.25,
        "198.51.100.7",
        "",
        None,
        "",
        "GET",
        "example.com",
        "/page/",
        "a=1",
        "",
        "curl/8",
        "",
        200,
        12,
        1.5,
        "",
    )


def test_the_fields_are_those_of_the_table() -> None:
    """All columns but the key."""
    columns = [field.attname for field in AccessLog._meta.concrete_fields if not field.primary_key]
    assert sorted(FIELDS) == sorted(columns)


def test_a_session_is_a_digest_of_this_site() -> None:
    """The same for the same session, and another with another SECRET_KEY."""
    with override_settings(SECRET_KEY="one"):  # noqa: S106
        first = digest("abcdefgh")
        assert digest("abcdefgh") == first
        assert digest("abcdefgi") != first
    with override_settings(SECRET_KEY="two"):  # noqa: S106
        assert digest("abcdefgh") != first
    assert len(first) == 32


def test_the_digest_of_a_session_is_made_once() -> None:
    """But a cookie of 8 KiB, which a client may choose, is not kept in memory."""
    request: Any = RequestFactory().get("/")
    request.resolver_match = None
    row._digest_again.cache_clear()
    for key in ("k" * KEY_MAX, "k" * KEY_MAX, "k" * (KEY_MAX + 1)):
        request.session = SessionStore(key)
        found = row_of(request, Client(None, False), 200, 0, 0.0, 0.0)[FIELDS.index("session_key")]
        assert found == digest(key)

    assert row._digest_again.cache_info()[:2] == (1, 1)
    with override_settings(SECRET_KEY="two"):  # noqa: S106
        assert row_of(request, Client(None, False), 200, 0, 0.0, 0.0)[FIELDS.index("session_key")] != found


def test_texts_are_cut_to_their_columns() -> None:
    """Each to its own, whatever a client sends."""
    request: Any = RequestFactory().get("/" + "p" * 2000)
    request.resolver_match, request.method = None, "M" * 2000
    names = ("HTTP_X_FORWARDED_FOR", "HTTP_HOST", "QUERY_STRING", "HTTP_REFERER", "HTTP_USER_AGENT")
    request.META.update(dict.fromkeys((*names, "HTTP_ACCEPT_LANGUAGE"), "x" * 2000))
    widths = {field.attname: field.max_length for field in AccessLog._meta.concrete_fields}

    found = dict(zip(FIELDS, row_of(request, Client(None, False), 200, 0, 0.0, 0.0)))
    texts = {name: len(text) for name, text in found.items() if isinstance(text, str) and text}
    assert texts == {name: widths[name] for name in texts}
    assert len(texts) == 8
