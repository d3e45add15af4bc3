"""One request as the tuple that the table stores."""

from __future__ import annotations

from django.test import RequestFactory, override_settings

from ideolab_accesslog.access.client_ip import Client
from ideolab_accesslog.access.row import FIELDS, digest, row_of
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
