"""Texts of the rows: times, numbers, links, and what of a stranger's text is left."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from ideolab_accesslog.admin.security import cells
from tests.accesslog.security_page.states import NOW, ban

LINKS = {"address": "/OFFICE/a/~OF~/", "network": "/n/?q=~OF~", "asn": ""}


def test_texts_are_short_and_printable() -> None:
    """At any depth; numbers and keys stay what they are."""
    data = {"a\u202e": ["x\ny", {"b": "W" * 400}], "n": 7, "none": None, "yes": True}
    assert cells.clean_texts(data) == {
        "a\u202e": ["x\\x0ay", {"b": "W" * 300}],
        "n": 7,
        "none": None,
        "yes": True,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-30T04:12:03+00:00", "05:12:03"),
        ("2026-11-30T04:12:03Z", "05:12:03"),
        ("2026-11-29T05:12:04+00:00", "06:12:04"),
        ("2026-11-30T17:12:02+00:00", "18:12:02"),
        ("2026-11-30T17:12:03+00:00", "2026-11-30 18:12"),
        ("2026-11-29T05:12:03+00:00", "2026-11-29 06:12"),
        ("2026-11-30T04:12:03", ""),
        ("yesterday", ""),
        (None, ""),
    ],
)
def test_times_of_this_day_are_short(settings: Any, text: str | None, shown: str) -> None:
    """In the site's time zone; what is no time with a zone is nothing."""
    settings.TIME_ZONE = "Europe/Paris"
    assert cells.show_time(text, NOW) == shown


@pytest.mark.parametrize(("language", "shown"), [("en", "1,234,567"), ("fr", "1\xa0234\xa0567")])
def test_thousands_are_apart(language: str, shown: str) -> None:
    """As the reader's language writes them; None is unknown, and never 0."""
    with translation.override(language):
        assert cells.show_number(1234567) == shown
    assert (cells.show_number(None), cells.show_number(0)) == ("unknown", "0")


@pytest.mark.parametrize(
    ("of", "link"),
    [
        ("198.51.100.7", "/OFFICE/a/198.51.100.7/"),
        ("2001:db8::7", "/OFFICE/a/2001:db8::7/"),
        ("2001:db8:0:7::/64", "/OFFICE/a/2001:db8:0:7::/64/"),
        ("198.51.100.0/24", "/n/?q=198.51.100.0/24"),
        ("2001:db8::/32", "/n/?q=2001:db8::/32"),
        ("AS64500", "#of=AS64500"),
        ('"><b>', "/OFFICE/a/%22%3E%3Cb%3E/"),
        (None, ""),
    ],
)
def test_a_row_links_to_its_page(of: str | None, link: str) -> None:
    """By what it is; where there is no page, a script opens it."""
    assert cells.make_link(of, LINKS) == link


def test_a_ban(settings: Any) -> None:
    """One of the last bans."""
    settings.TIME_ZONE = "Europe/Paris"
    assert cells.make_ban(ban(1, type="restored"), LINKS, NOW) == {
        "key": 1,
        "of": "198.51.100.2",
        "href": "/OFFICE/a/198.51.100.2/",
        "ts": "2026-11-30T05:11:15+00:00",
        "time": "06:11:15",
        "state": "active",
        "kind": "ban",
        "until": "until 07:11:26",
        "jail": "ideolab-traship",
        "restored": "restored",
        "reason": 'sensitive_path "/.env"',
        "origin": "DE · AS64497 DOC-NET",
    }


def test_the_end_of_a_ban() -> None:
    """Permanent, or unknown."""
    assert cells.make_ban(ban(7), LINKS, NOW)["until"] == "permanent"
    assert cells.make_ban(ban(8, until=None), LINKS, NOW)["until"] == ""


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (
            {"of": "AS64500", "asn": "64500", "name": "DOC", "bans": 1200, "share": 0.456},
            ("AS64500", "DOC", "AS64500", 46),
        ),
        (
            {"of": "AS64500", "asn": "64500", "name": None, "bans": 1200, "share": 0},
            ("AS64500", "AS64500", "", 0),
        ),
        ({"country": "FR", "name": "France", "bans": 1200, "share": 1}, ("FR", "France", "FR", 100)),
        (
            {"of": "198.51.100.0/24", "bans": 1200, "asn": "64500", "name": "DOC", "country": "FR"},
            ("198.51.100.0/24", "198.51.100.0/24", "FR · AS64500 DOC", 0),
        ),
    ],
)
def test_who_was_banned_most(row: dict[str, Any], shown: tuple[str, str, str, int]) -> None:
    """An AS, a country, a network: name, what stands beside it, percent."""
    found = cells.make_top(row, LINKS)
    assert tuple(found[key] for key in ("key", "name", "below", "percent")) == shown
    assert found["count"] == "1,200"


def test_what_django_saw(settings: Any) -> None:
    """An address with many 404s, and a sensitive path."""
    settings.TIME_ZONE = "Europe/Paris"
    burst = {"of": "198.51.100.1", "count": 1900, "last": NOW.isoformat(), "path": "/x"}
    assert cells.make_burst(burst, LINKS, NOW) == {
        "key": "198.51.100.1",
        "of": "198.51.100.1",
        "href": "/OFFICE/a/198.51.100.1/",
        "path": "/x",
        "count": "1,900",
        "ts": "2026-11-30T05:12:03+00:00",
        "time": "06:12:03",
    }
    assert cells.make_sensitive({"path": "/.env", "count": 2, "addresses": 1}) == {
        "key": "/.env",
        "path": "/.env",
        "count": "2",
        "addresses": "1",
    }
