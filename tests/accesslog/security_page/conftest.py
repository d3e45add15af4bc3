"""A browser, the site with its strict policy, and what the site answers to the dashboard's scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from ideolab_accesslog.admin.security import page as security_page
from tests.accesslog.browser import chromium, served
from tests.accesslog.security_page.states import NOW, STATES, detail

LOCALE = "django.middleware.locale.LocaleMiddleware"
PAGE = "admin:ideolab_accesslog_security_changelist"


@dataclass
class Answers:
    """What the site answers; a test changes it while a page is open."""

    data: dict[str, Any]
    detail: dict[str, Any] = field(default_factory=detail)
    #: of data/ and of detail/; 302 is the way to the login page, 0 no answer at all
    status: int = 200
    detail_status: int = 200
    #: server-sent events that stream/ has before it ends; None: 404
    stream: str | None = None
    #: names of what was asked for, in order
    asked: list[str] = field(default_factory=list)

    def answer(self, route: Any) -> None:
        """Answer one question of the page."""
        name = route.request.url.partition("/security/")[2].partition("/")[0]
        self.asked.append(name)
        if name == "stream":
            _answer_stream(route, self.stream)
            return
        status = self.detail_status if name == "detail" else self.status
        if status == 0:
            route.abort()
        elif status == 302:
            route.fulfill(status=302, headers={"Location": "/admin/login/"})
        else:
            body = json.dumps(self.detail if name == "detail" else self.data)
            route.fulfill(status=status, body=body, content_type="application/json")


def _answer_stream(route: Any, text: str | None) -> None:
    if text is None:
        route.fulfill(status=404)
    else:
        route.fulfill(body=text, content_type="text/event-stream")


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def live_server(settings: Any) -> Iterator[LiveServer]:
    """As pytest-django's own, which would keep the middleware of the first test that asks for it."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, LOCALE, "tests.accesslog.strict.policy"]
    settings.TIME_ZONE = "Europe/Paris"
    with served() as server:
        yield server


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What the site answers; the page itself begins with the same data."""
    found = Answers(STATES["attack"]())
    monkeypatch.setattr(security_page, "read_for", lambda _user, period: {**found.data, "period": period})
    return found


@pytest.fixture
def visit(browser: Any, live_server: LiveServer, answers: Answers, transactional_db: None) -> Iterator[Any]:
    """A function that opens the dashboard as the superuser; its scripts must say nothing on the console.

    The clock of the page begins at NOW; a test may turn it forward.
    """
    user = User.objects.create_superuser("alice")
    client = Client()
    client.force_login(user)
    opened, said = [], []

    def open_page(path: str = "", scheme: str = "light", locale: str = "en-GB", **options: Any) -> Any:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, color_scheme=scheme, locale=locale,
            timezone_id="Asia/Tokyo", **options,
        )  # fmt: skip
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([cookie])
        opened.append(context)
        page = context.new_page()
        page.clock.install(time=NOW)
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        for name in ("data", "stream", "detail"):
            page.route(f"**/security/{name}/*", answers.answer)
        page.on("console", lambda message: said.append(message.text) if _is_fault(message) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: _no_other_host(request.url, live_server.url, said))
        page.goto(live_server.url + reverse(PAGE) + path)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert said == []


def _is_fault(message: Any) -> bool:
    """Whether a message is one of a script or of the policy; failed questions are what tests ask for."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def _no_other_host(url: str, base: str, said: list[str]) -> None:
    if not url.startswith((base, "data:")):
        said.append(f"asked another host: {url}")
