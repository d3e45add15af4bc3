"""What real pages make a real Chromium send to the site, as the middleware weighs it.

Browsers trust their own host as they trust HTTPS, so that no certificate is needed for Sec-Fetch-*.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from pytest_django.live_server_helper import LiveServer

from demo.lab.wait import wait_until
from ideolab_accesslog.traship import gate
from tests.accesslog.browser import chromium

pytestmark = pytest.mark.needs("chromium")

#: each path stands once; {0} is the site
EVIL = """<!doctype html><title>kittens</title><meta name="referrer" content="no-referrer">
<link rel="stylesheet" href="{0}/style.php"><link rel="prefetch" href="{0}/prefetch.php">
<link rel="modulepreload" href="{0}/modulepreload.php"><link rel="icon" href="{0}/icon.php">
<style>
@font-face {{font-family: f; src: url({0}/font.php)}}
p {{font-family: f; background: url({0}/bg.php)}}
</style>
<script type="speculationrules">
{{"prefetch": [{{"urls": ["{0}/speculation.php"], "eagerness": "immediate"}}]}}
</script>
<p>a<img src="{0}/.env"><img src="{0}/referer.php" referrerpolicy="unsafe-url">
<img crossorigin src="{0}/crossorigin.php"><script src="{0}/script.php"></script>
<script type="module" src="{0}/module.php"></script><iframe src="{0}/iframe.php"></iframe>
<iframe srcdoc='<meta http-equiv="refresh" content="0;url={0}/refresh.php">'></iframe>
<object data="{0}/object.php"></object><video src="{0}/video.php"></video><iframe name="one"></iframe>
<iframe name="two"></iframe><form id="form" action="{0}/form.php" method="post" target="one"></form>
<a id="link" href="/nothing" ping="{0}/ping.php" target="two"></a>
<script>
fetch("{0}/fetch.php", {{mode: "no-cors"}}).catch(() => 0);
fetch("{0}/cors.php").catch(() => 0);
fetch("{0}/put.php", {{method: "PUT"}}).catch(() => 0);
fetch("{0}/agent.php", {{headers: {{"User-Agent": "curl/8", "X-A": "1"}}}}).catch(() => 0);
fetch("/redirect/?to={0}/redirect.php", {{mode: "no-cors"}}).catch(() => 0);
navigator.sendBeacon("{0}/beacon.php", "x");
new EventSource("{0}/events.php");
new WebSocket("{0}/socket.php".replace("http", "ws"));
form.submit();
link.click();
</script>"""
#: the paths that Chromium asks for on that page
ASKED = {
    *("/style.php", "/prefetch.php", "/modulepreload.php", "/font.php", "/bg.php", "/speculation.php"),
    *(
        "/.env",
        "/referer.php",
        "/crossorigin.php",
        "/script.php",
        "/module.php",
        "/iframe.php",
        "/refresh.php",
    ),
    *("/object.php", "/video.php", "/form.php", "/ping.php", "/fetch.php", "/cors.php", "/put.php"),
    *("/agent.php", "/redirect.php", "/beacon.php", "/events.php", "/socket.php"),
}
WINDOW = """<!doctype html><button id="open">x</button><script>
document.getElementById("open").onclick = () => {
  const other = window.open("SITE/window-0.php");
  let number = 1;
  setInterval(() => { other.location = "SITE/window-" + number++ + ".php" }, 150);
};
</script>"""
COMMENT = """<!doctype html><p>Nice picture: <img src="/.env"></p>"""
#: answers a page by what the site's service worker fetches itself; {0} is its way to do so
WORKER = """self.oninstall = () => self.skipWaiting();
self.onactivate = event => event.waitUntil(clients.claim());
self.onfetch = event => event.respondWith({0});"""
WAYS = {
    "same": "fetch(event.request)",
    "address": "fetch(event.request.url)",
    "anew": "fetch(new Request(event.request, {cache: 'no-store'}))",
}
AWAY = """<!doctype html><meta name="referrer" content="no-referrer"><script>
location = "SITE/worker.php";
</script>"""


def page(request: HttpRequest, name: str) -> HttpResponse:
    """One of the pages above; its site is this server under its other name."""
    site = f"http://127.0.0.1:{request.META['SERVER_PORT']}"
    texts = {
        "evil": EVIL.format(site),
        "window": WINDOW.replace("SITE", site),
        "comment": COMMENT,
        "away": AWAY.replace("SITE", site),
    }
    return HttpResponse(texts[name])


def redirect(request: HttpRequest) -> HttpResponse:
    """Lead to another site."""
    return HttpResponse(status=302, headers={"Location": request.GET["to"]})


def worker(_request: HttpRequest, way: str) -> HttpResponse:
    """The service worker of the site."""
    headers = {"Service-Worker-Allowed": "/"}
    return HttpResponse(WORKER.format(WAYS[way]), "text/javascript", headers=headers)


def blank(_request: HttpRequest) -> HttpResponse:
    """Nothing."""
    return HttpResponse("")


urlpatterns = [
    path("page/<name>/", page),
    path("redirect/", redirect),
    path("nothing", blank),
    path("worker/<way>", worker),
]


@pytest.fixture
def site(settings: Any, transactional_db: None) -> Iterator[str]:
    """The site's own address; its pages are there, and on evil.localhost as well."""
    settings.ROOT_URLCONF = __name__
    # else the page loses the window that it has opened
    settings.SECURE_CROSS_ORIGIN_OPENER_POLICY = None
    gate.forget("CACHES")
    server = LiveServer("127.0.0.1")
    yield server.url
    wait_until(
        lambda: not any("process_request" in thread.name for thread in threading.enumerate()),
        "the server still answers",
    )
    server.stop()
    gate.forget("CACHES")


def excuses() -> dict[str, str]:
    """{path: excuse} of all offences that wait to be judged."""
    waiting = [*gate._pending._sensitive, *gate._pending._missing]
    return {one.offence.path: one.offence.excuse for one in waiting}


def test_no_page_or_link_makes_an_offence_that_counts(site: str) -> None:
    """Two dozen ways without a click, and a window that a click has opened."""
    evil = site.replace("127.0.0.1", "evil.localhost")
    with chromium() as browser:
        tab = browser.new_page()
        tab.goto(f"{evil}/page/evil/", wait_until="commit")
        wait_until(lambda: excuses().keys() >= ASKED, lambda: f"not asked for: {ASKED - excuses().keys()}")
        tab = browser.new_page()
        tab.goto(f"{evil}/page/window/")
        tab.click("#open")
        # playwright has to see the window before it may load
        wait_until(
            lambda: tab.wait_for_timeout(50) or "/window-12.php" in excuses(),
            "the window goes from path to path",
        )
        assert {path: excuse for path, excuse in excuses().items() if excuse != "cross_site"} == {}


def test_a_picture_in_a_comment_is_no_offence_that_counts(site: str) -> None:
    """The site's own page asked for it."""
    with chromium() as browser:
        browser.new_page().goto(f"{site}/page/comment/")
        wait_until(lambda: excuses() == {"/.env": "cross_site"}, lambda: str(excuses()))


@pytest.mark.parametrize("way", WAYS)
def test_a_service_worker_of_the_site_asks_for_what_another_page_wants(site: str, way: str) -> None:
    """The site's own script fetches it, and the visitor has done nothing."""
    with chromium() as browser:
        tab = browser.new_page()
        tab.goto(f"{site}/page/comment/")
        register = """way => navigator.serviceWorker.register("/worker/" + way, {scope: "/"})
            .then(() => navigator.serviceWorker.ready)
            .then(() => navigator.serviceWorker.controller
                || new Promise(done => navigator.serviceWorker.oncontrollerchange = done)).then(() => 0)"""
        tab.evaluate(register, way)
        evil = site.replace("127.0.0.1", "evil.localhost")
        tab.goto(f"{evil}/page/away/", wait_until="commit")
        wait_until(lambda: "/worker.php" in excuses(), lambda: str(excuses()))
        assert set(excuses().values()) == {"cross_site"}


def test_a_scanner_that_drives_chromium_counts(site: str) -> None:
    """It types addresses, and follows the links that it finds."""
    with chromium() as browser:
        tab = browser.new_page()
        for name in ("/.env", "/wp-login.php", "/nope-1"):
            tab.goto(site + name)
        tab.evaluate("location = '/nope-2'")
        wait_until(lambda: len(excuses()) == 4, "four paths")
        assert excuses() == dict.fromkeys(("/.env", "/wp-login.php", "/nope-1", "/nope-2"), "")
