"""The list of events: what it shows of a stranger's bytes, its filters, its search and its file."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from ideolab_accesslog.admin import paginator
from ideolab_accesslog.events.rows import insert, rollups
from ideolab_accesslog.events.rows.parse import LinePlace, parse_line
from ideolab_accesslog.models import ConnmonEvent
from tests.accesslog.events.event_lines import make_line

LIST = "/admin/ideolab_accesslog/connmonevent/"
HOSTILE = '</td><script>alert(1)</script>"\u202e=1+1'


def add(number: int, **fields: Any) -> None:
    """Store an event as the import does."""
    now = clock.now()
    moment = (now - timedelta(minutes=number)).isoformat()
    line = make_line(**{"ts": moment, "id": f"e-{number}", **fields})
    row = parse_line(line, LinePlace("h", number), datetime.now(timezone.utc))
    insert.insert([row], connection)
    rollups.add([row], connection)


@pytest.fixture
def client(db: None) -> Client:
    """A member of the staff who may see the events, and nothing else."""
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_connmonevent"))
    client = Client()
    client.force_login(user)
    return client


def list_shown(client: Client, query: str) -> list[str]:
    """The ids of the events of a page of the list."""
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200
    return [row.event_id for row in response.context["cl"].result_list]


def test_a_strangers_bytes_are_escaped(client: Client) -> None:
    """In the list and on the page of an event."""
    add(1, asname=HOSTILE, reason=HOSTILE, jail=HOSTILE[:60], country="<b>", raw={HOSTILE: HOSTILE})
    key = ConnmonEvent.objects.get().pk

    for url in (LIST, f"{LIST}?jail=%3Cscript%3E&asn=x", f"{LIST}{key}/change/"):
        response = client.get(url)
        assert response.status_code == 200
        assert b"<script>alert" not in response.content
        assert b"<b>" not in response.content


@pytest.mark.usefixtures("client")
def test_what_the_columns_show(client: Client) -> None:
    """A ban of an address, of a network, of an AS, and what is none."""
    add(1, bantime=-1)
    add(2, ip=None, subnet="203.0.113.0/24", type="unban")
    add(3, ip=None, subnet=None, type="restored")
    add(4, type="suspect", asn=None, asname=None, country=None, jail=None, count=None, bantime=None)

    text = client.get(LIST).content.decode()

    assert 'ideolab-badge-ban">ban<' in text
    assert 'ideolab-badge-plain">unban<' in text
    assert 'ideolab-badge-warn">suspect<' in text
    assert ">203.0.113.0/24<" in text
    assert ">AS64500<" in text
    assert "permanent" in text


def test_filters(client: Client) -> None:
    """By type, jail, country and AS, with the choices that were counted; a link may name another value."""
    add(1)
    add(2, type="suspect", jail="sshd", country="DE", asn="64501")
    add(3, jail="sshd", country="DE", asn="64501")

    assert list_shown(client, "?type=suspect") == ["e-2"]
    assert list_shown(client, "?type=nonsense") == ["e-1", "e-2", "e-3"]
    assert list_shown(client, "?jail=sshd") == ["e-2", "e-3"]
    assert list_shown(client, "?country=DE&type=ban") == ["e-3"]
    assert list_shown(client, "?asn=64500") == ["e-1"]
    assert list_shown(client, "?asn=1") == []
    assert client.get(f"{LIST}?jail=%00%F0%9F%98%80").status_code == 400
    specs = client.get(LIST).context["cl"].filter_specs
    assert [list(getattr(spec, "lookup_choices", [])) for spec in specs[2:]] == [
        [("ideolab-connmon", "ideolab-connmon"), ("sshd", "sshd")],
        [("DE", "DE"), ("FR", "FR")],
        [("64500", "AS64500 EXAMPLE-AS"), ("64501", "AS64501 EXAMPLE-AS")],
    ]


def test_the_choices_cost_no_look_at_the_events(client: Client) -> None:
    """A scan of a million events would take seconds."""
    add(1)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(LIST)

    from_events = [query["sql"] for query in captured if "connmonevent" in query["sql"]]
    assert not [sql for sql in from_events if "DISTINCT" in sql or "GROUP BY" in sql]
    assert len(captured) < 12


def test_the_file_has_all_columns_and_no_formula(client: Client) -> None:
    """A spreadsheet runs nothing of it."""
    add(1, asname="=1+1", reason="+x", raw={"a": "=2", "matches": ["@x"]})
    key = ConnmonEvent.objects.get().pk

    response = client.post(LIST, {"action": "export_csv", "_selected_action": [key]})
    (names, row) = csv.reader(b"".join(response).decode().splitlines())

    shown = dict(zip(names, row))
    assert (shown["asname"], shown["reason"]) == ("'=1+1", "'+x")
    assert shown["raw"] == '{"a": "=2", "matches": ["@x"]}'
    assert (shown["ip"], shown["event_id"]) == ("198.51.100.7", "e-1")


def test_who_may_not_see_it(db: None) -> None:
    """The permission of another list is not enough."""
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_accesslog"))
    client = Client()
    client.force_login(user)

    assert client.get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["e-1", "e-2", "e-3", "e-4"]),
        ("?q=AS64500", ["e-1", "e-2", "e-3", "e-4"]),
        ("?type=ban&period=24h&o=-1", ["e-1", "e-2", "e-3", "e-4"]),
        ("?jail=sshd", ["e-2"]),
        ("?country=FR&type=ban", ["e-1", "e-2"]),
        ("?reason=40+mute", ["e-1", "e-2"]),
        ("?o=6", ["e-1", "e-2"]),
    ],
)
def test_what_no_index_has_is_looked_for_among_the_newest(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str, shown: list[str]
) -> None:
    """A page scans no large table whole; an export has all rows."""
    monkeypatch.setattr(paginator, "NEWEST", 2)
    for number in range(1, 5):
        add(number, jail="sshd" if number % 2 == 0 else "ideolab-connmon")

    assert sorted(list_shown(client, query)) == shown
    body = {"action": "export_csv", "select_across": "1", "_selected_action": ["1"]}
    rows = b"".join(client.post(f"{LIST}?country=FR", body).streaming_content).decode().splitlines()
    assert len(rows) == 5
