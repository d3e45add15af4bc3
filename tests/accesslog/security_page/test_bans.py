"""A ban from the dashboard, in a browser: what the operator comes back to shows it at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from tests.accesslog.events.event_lines import EventsFile, make_line
from tests.accesslog.security_page.conftest import PAGE

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.django_db(transaction=True)]

ADDRESS = "198.51.100.7"
ROW = "[data-rows=bans] tr:first-child"
STATE = f"{ROW} [data-is=state]"


@pytest.fixture
def page(browser: Any, live_server: LiveServer, manual_log: Path) -> Iterator[Any]:
    """The dashboard of a site whose bans are lines of manual.log, seen by the superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("alice"))
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])
    opened = context.new_page()
    opened.clock.install()
    yield opened
    context.close()


def report(events: EventsFile, kind: str, number: int) -> None:
    """Do what fail2ban's report and the import do."""
    now = datetime.now(timezone.utc)
    fields = {"ts": now.isoformat(), "until": (now + timedelta(days=1)).isoformat(), "bantime": 86400}
    if kind == "unban":
        fields = {"ts": now.isoformat(), "until": None, "bantime": None}
    line = make_line(**{"type": kind, "ip": ADDRESS, "jail": "ideolab-manual", "id": f"{number}", **fields})
    events.add(rest=line)
    events.run()


def wait_for_state(page: Any, text: str) -> None:
    """Wait for the next question of the page, and its answer."""
    page.clock.run_for(6000)
    page.wait_for_function(
        "([one, text]) => document.querySelector(one).textContent === text", arg=[STATE, text]
    )


def press(page: Any, label: str, button: str) -> None:
    """Press a button of the dialog, and that of the page behind it."""
    page.click(f"#ideolab-dialog .ideolab-buttons a:text-is('{label}')")
    page.click(f"input[type=submit][value='{button}']")


def test_what_was_ordered_is_shown_at_once(
    page: Any, live_server: LiveServer, manual_log: Path, tmp_path: Path, settings: Any
) -> None:
    """With who and why, in the period of before; then as fail2ban reports it."""
    events = EventsFile(tmp_path)
    settings.ACCESSLOG_EVENTS = str(events.path)
    page.goto(f"{live_server.url}{reverse(PAGE)}?period=7d#of={ADDRESS}")
    press(page, f"Ban {ADDRESS}", "Ban")

    assert page.url.endswith("/security/?period=7d")
    assert "BAN: 1 address banned" in page.inner_text(".messagelist")
    assert ADDRESS in manual_log.read_text()
    assert page.inner_text(STATE) == "ordered"
    assert page.inner_text(f"{ROW} [data-is=jail]") == "by alice"
    page.click(f"{ROW} a")
    page.wait_for_selector(".ideolab-parts")
    said = page.inner_text("#ideolab-dialog-body")
    assert f"{ADDRESS}: a ban, at " in said
    assert "fail2ban has not reported it yet" in said

    report(events, "ban", 1)
    wait_for_state(page, "active")
    # the dialog follows
    page.wait_for_function(
        "said => document.getElementById('ideolab-dialog-body').innerText.includes(said)",
        arg=f"{ADDRESS} is banned by ideolab-manual, until",
    )
    assert "not reported" not in page.inner_text("#ideolab-dialog-body")
    assert page.inner_text(f"{ROW} [data-is=jail]") == "ideolab-manual"

    press(page, f"Unban {ADDRESS}", "Lift the ban")
    # a line of manual.log cannot lift a ban: root does it
    assert page.inner_text(STATE) == "unban only noted"
    assert page.inner_text("[data-rows=bans] tr:nth-child(2) [data-is=state]") == "active"
    report(events, "unban", 2)
    wait_for_state(page, "lifted")
