"""What attackers write stays text: every page that shows it, in Chromium, under a strict policy."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from ideolab_accesslog.models import AccessLog, ConnmonEvent, FirewallActionLog, TrashIP
from tests.accesslog.admin.security import hostile
from tests.accesslog.browser import chromium, served

pytestmark = pytest.mark.needs("chromium")

MODELS = (ConnmonEvent, AccessLog, TrashIP, FirewallActionLog)
DASHBOARD = "admin:ideolab_accesslog_security_"
#: what a page says about itself: elements and attributes that no page of ours has
_FOREIGN = """root => [
  ...root.querySelectorAll('img[src$="x"], base, meta[http-equiv]'),
  ...root.querySelectorAll('[onerror], [onload], [onfocus], [onmouseover]'),
  ...[...root.querySelectorAll('script')].filter(one => !one.src && one.type !== 'application/json'),
  ...[...root.querySelectorAll('style')],
  ...[...root.querySelectorAll('a[href], form[action], iframe')]
    .filter(one => new URL(one.href || one.action || one.src, location.href).origin !== location.origin),
].map(one => one.outerHTML.slice(0, 200))"""
#: every text that a reader sees or hears, with where it is
_READ = """root => {
  const found = [root.title];
  const walk = root.createTreeWalker(root.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (!parent.closest('script, style, template')) found.push(walk.currentNode.data);
  }
  const names = ['title', 'aria-label', 'alt', 'placeholder'];
  for (const one of root.querySelectorAll(names.map(name => `[${name}]`)))
    found.push(...names.map(name => one.getAttribute(name) ?? ''));
  return found;
}"""
#: both of other pages, which are read and not opened: their scripts and styles are those of the open one
_READ_OTHERS = f"""async urls => {{
  const [findForeign, read] = [{_FOREIGN}, {_READ}];
  const found = [];
  for (const url of urls) {{
    const answer = await fetch(url);
    const root = new DOMParser().parseFromString(await answer.text(), 'text/html');
    found.push([answer.status, findForeign(root), read(root)]);
  }}
  return found;
}}"""
#: elements whose text ends outside of the window, unless something around them scrolls
_BEYOND = """() => {
  const cuts = ['auto', 'scroll', 'hidden', 'clip'];
  const scrolls = one => one && one !== document.documentElement
    && (cuts.includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  return [...document.querySelectorAll('#content *, dialog[open] *')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
    .filter(one => !scrolls(one))
    .map(one => `${one.tagName}.${one.className} ${one.textContent.slice(0, 30)}`);
}"""
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass
class Watched:
    """Everything that must not happen while pages are open."""

    said: list[str] = field(default_factory=list)

    def watch(self, page: Any, base: str) -> None:
        """Note alerts, errors, breaches of the policy, and questions to other hosts."""
        page.on("dialog", self._refuse)
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("console", lambda message: self._note(message))
        page.on("request", lambda request: self._ask(request.url, base))
        page.on("popup", lambda popup: self.said.append(f"popup: {popup.url}"))

    def _refuse(self, dialog: Any) -> None:
        self.said.append(f"alert: {dialog.message}")
        dialog.dismiss()

    def _note(self, message: Any) -> None:
        # Chromium's own complaint where the site refuses a name with a 400
        is_refused = "/detail/" in message.location.get("url", "") and "400" in message.text
        if message.type in ("error", "warning") and not is_refused:
            self.said.append(f"console: {message.text}")

    def _ask(self, url: str, base: str) -> None:
        if not url.startswith((base, "data:")):
            self.said.append(f"asked another host: {url}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the module."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def live_server(settings: Any) -> Iterator[LiveServer]:
    """A server with the strictest policy under which Django's own admin works."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.accesslog.strict.policy"]
    with served() as server:
        yield server


@pytest.fixture
def client(transactional_db: None) -> Client:
    """A superuser, in a database that is full of hostile texts."""
    hostile.fill(timezone.now())
    made = Client()
    made.force_login(User.objects.create_superuser("alice"))
    return made


@pytest.fixture
def visit(browser: Any, live_server: LiveServer, client: Client) -> Iterator[Callable[..., Any]]:
    """A function that opens a page; in the end nothing of what Watched notes has happened."""
    watched, opened = Watched(), []

    def open_page(path: str, width: int = 1280) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900})
        value = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
        page = context.new_page()
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        watched.watch(page, live_server.url)
        opened.append(context)
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert watched.said == []


def require_text(page: Any) -> None:
    """Nothing of a hostile text has become an element, a link, or something that turns or ends a line."""
    require_no_element(page.evaluate(f"({_FOREIGN})(document)"), page.evaluate(f"({_READ})(document)"))


def require_no_element(foreign: list[str], texts: list[str]) -> None:
    """What a page says about itself is right."""
    assert foreign == []
    assert [text[:60] for text in texts if _TURNING.search(text) or _CONTROL.search(text)] == []


def list_pages() -> list[str]:
    """The lists, the page of the newest row of each, and our own pages."""
    found = []
    for model in MODELS:
        if admin.site.is_registered(model):
            base = f"admin:ideolab_accesslog_{model._meta.model_name}_"
            found += [f"{base}changelist", f"{base}change"]
    return [*found, "admin:ideolab_accesslog_traship_stats", "admin:ideolab_accesslog_traship_traffic"]


def find_url(name: str, number: int = 0) -> str:
    """The address of a page; of a row's page that of the row of the text with this number."""
    if not name.endswith("_change"):
        return str(reverse(name))
    model = next(one for one in MODELS if one._meta.model_name == name.split("_")[-2])
    return str(reverse(name, args=[model._default_manager.order_by("pk")[number].pk]))


@pytest.mark.parametrize("name", list_pages())
def test_lists_and_rows_show_text(visit: Callable[..., Any], name: str) -> None:
    """Each text is where it belongs, on a screen and on a telephone."""
    for width in (1280, 390):
        page = visit(find_url(name), width)
        require_text(page)
        if not name.endswith("_changelist"):
            assert page.evaluate(_BEYOND) == []


@pytest.mark.parametrize("model", [model for model in MODELS if admin.site.is_registered(model)])
def test_the_page_of_each_row(visit: Callable[..., Any], model: Any) -> None:
    """Each text is once in the title, the breadcrumbs and the history of a row's page."""
    name = f"admin:ideolab_accesslog_{model._meta.model_name}_change"
    page = visit(find_url(name))
    urls = [find_url(name, number) for number in range(1, len(hostile.TEXTS))]
    for status, foreign, texts in page.evaluate(_READ_OTHERS, urls):
        assert status == 200
        require_no_element(foreign, texts)


def test_the_page_of_an_address(visit: Callable[..., Any]) -> None:
    """Timeline, paths, agents and audit of an address that has written all of them."""
    url = reverse("admin:ideolab_accesslog_traship_address", args=[hostile.ADDRESS])
    for width in (1280, 390):
        page = visit(url, width)
        require_text(page)
        assert page.evaluate(_BEYOND) == []


@pytest.mark.parametrize("model", [model for model in MODELS if admin.site.is_registered(model)])
def test_no_cell_of_an_export_is_a_formula(client: Client, model: Any) -> None:
    """Every cell that a spreadsheet could take for one has a quote in front; no row is broken into two."""
    base = f"admin:ideolab_accesslog_{model._meta.model_name}_changelist"
    keys = list(model._default_manager.values_list("pk", flat=True))
    answer = client.post(reverse(base), {"action": "export_csv", "_selected_action": keys})
    # Python before 3.11 reads no NUL
    text = b"".join(answer.streaming_content).decode().replace("\0", " ")
    rows = list(csv.reader(io.StringIO(text, newline="")))

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [cell[:40] for row in rows[1:] for cell in row if cell.lstrip(" \t\r\n")[:1] in tuple("=+@")] == []


@pytest.fixture
def dashboard() -> str:
    """The address of the dashboard."""
    return str(reverse(f"{DASHBOARD}changelist"))


def test_the_dashboard_shows_text(visit: Callable[..., Any], dashboard: str) -> None:
    """Cards, bans, AS names, countries and paths."""
    for width in (1280, 390):
        page = visit(dashboard, width)
        page.wait_for_selector("a.ideolab-of")
        require_text(page)
        assert page.evaluate(_BEYOND) == []


def test_the_window_of_a_row_shows_text(visit: Callable[..., Any], dashboard: str) -> None:
    """Phases, paths, agents, events and audit of an address, of its network and of its AS."""
    page = visit(dashboard)
    for of in (hostile.ADDRESS, hostile.NETWORK, "AS64496"):
        page.evaluate("of => { location.hash = `of=${encodeURIComponent(of)}`; }", of)
        page.wait_for_selector("#ideolab-dialog[open][aria-busy=false]")
        require_text(page)
        assert page.evaluate(_BEYOND) == []


@pytest.mark.parametrize(
    "of", ["<script>", "javascript:alert(1)", "198.51.100.7\u202e", "AS64500<b>", "../../x", "%00"]
)
def test_a_link_with_a_hostile_name_opens_nothing(visit: Callable[..., Any], dashboard: str, of: str) -> None:
    """The window says that nothing is known, and the name is text."""
    page = visit(dashboard)
    page.evaluate("of => { location.hash = `of=${encodeURIComponent(of)}`; }", of)
    page.wait_for_selector("#ideolab-dialog[open][aria-busy=false]")
    require_text(page)


@pytest.mark.parametrize("view", ["data", "detail"])
def test_the_answers_for_scripts_are_no_page(client: Client, dashboard: str, view: str) -> None:
    """A browser that is sent there shows JSON, and takes it for nothing else."""
    answer = client.get(reverse(f"{DASHBOARD}{view}"), {"of": hostile.ADDRESS, "period": "24h"})

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["now"]
