"""The detail as JSON: only what the visitor may see."""

from __future__ import annotations

import pytest

from ideolab_accesslog.models import TrashIP
from tests.accesslog.admin.security.test_json_view import make_client, make_url
from tests.accesslog.dashboard.samples import add_event

TABLES = ("view_accesslog", "view_firewallactionlog", "view_traship")


@pytest.mark.django_db
def test_the_keys() -> None:
    """They are the page's; who may not see a table is told, and gets no link and no button."""
    add_event(asn="64500")
    found = make_client("view_security").get(make_url("detail"), {"of": "198.51.100.7"}).json()

    assert list(found) == [
        *("now", "of", "kind", "title", "origin", "facts", "phases", "paths", "agents", "fingerprints"),
        *("bans", "audit", "requests", "connections", "hidden", "cut", "url", "buttons"),
    ]
    assert (found["of"], found["hidden"], found["url"], found["buttons"]) == (
        *("198.51.100.7", ["requests", "audit", "offences"], None, []),
    )
    assert found["origin"] == [["AS number", "64500"]]


@pytest.mark.django_db
def test_links_and_buttons() -> None:
    """The page of an address, and what may be pressed; an AS has no page."""
    client = make_client("view_security", "ban_ip", *TABLES)
    TrashIP.objects.create(ip="198.51.100.7")
    found = {
        text: client.get(make_url("detail"), {"of": text}).json() for text in ("198.51.100.7", "AS64500")
    }
    one = found["198.51.100.7"]

    assert one["url"] == "/admin/ideolab_accesslog/traship/address/198.51.100.7/"
    assert [(button["action"], button["of"]) for button in one["buttons"]] == [("ban", "198.51.100.7")]
    assert (found["AS64500"]["url"], found["AS64500"]["kind"], one["hidden"]) == (None, "asn", [])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "x", "10.0.0.0/8", "<b>\u202e", "192.0.2.7 OR 1=1", "AS", "9" * 5000])
def test_what_is_no_target(text: str) -> None:
    """A sentence, printable and short; no page of errors."""
    answer = make_client("view_security").get(make_url("detail"), {"of": text})

    assert (answer.status_code, answer.json()["error"]) == (400, "no-target")
    assert answer.json()["text"].isprintable() and len(answer.json()["text"]) < 200
