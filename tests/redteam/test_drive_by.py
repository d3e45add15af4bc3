"""Pages of a stranger, opened in a real browser: whoever visits them is banned by no jail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from demo.attacker import NAME
from demo.lab.error import LabError
from demo.lab.wait import wait_until
from tests.accesslog.browser import chromium
from tests.redteam import pages
from tests.redteam.attacker import attacker
from tests.redteam.pages import Page
from tests.redteam.scanners import Scanner, scan
from tests.redteam.site import ADDRESS, Site, find_holders, site

pytestmark = [pytest.mark.redteam, pytest.mark.root, pytest.mark.needs("chromium")]

VISITORS = {name: f"198.51.100.{number}" for number, name in enumerate(pages.ALL, 20)}
#: certificates of the lab; names that nobody's DNS has
ARGUMENTS = (
    "--ignore-certificate-errors",
    f"--host-resolver-rules=MAP blog.{NAME} 192.0.2.254, MAP {NAME} {ADDRESS},"
    f" MAP www.evil.example 192.0.2.254, MAP *.foreign.example {ADDRESS}",
)
#: two snapshots of connmon of what is idle for eight seconds, and time for fail2ban to read
SETTLE_S = 16.0
#: the visitor comes back
AGAIN = Scanner((("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0"),), ("/",), 0)
#: only a page that does not do its part waits so long
ARRIVE_S = 60.0


@dataclass(frozen=True)
class Aftermath:
    """The site after all pages: what came of each, and who is banned."""

    site: Site
    arrived: dict[str, int]
    banned: dict[str, list[str]]


@pytest.fixture(scope="module")
def aftermath() -> Iterator[Aftermath]:
    """Each page was opened by a visitor at an address of his own."""
    settings = {
        "TRASHIP_AUTO_BAN": True,
        "TRASHIP_FIREWALL_EXECUTE": True,
        "TRASHIP_FIREWALL_TRANSPORT": "log",
    }
    hardening = {
        "send_timeout 60s": "send_timeout 2s",
        # a browser has 128 streams: two connections, with and without cookies
        "limit_conn ideolab_proxied 200": "limit_conn ideolab_proxied 100",
    }
    with site("f2brd", settings=settings, hardening=hardening) as place:
        served = {name: page.text for name, page in pages.ALL.items()} | {"worker.js": pages.WORKER}
        certificate = place.nginx.error_log.parent.parent
        hosted = attacker(place.client, certificate, served)
        with hosted, place.client.enter(), chromium(*ARGUMENTS) as browser:
            arrived = {name: _visit(place, browser, name, page) for name, page in pages.ALL.items()}
        time.sleep(SETTLE_S)
        yield Aftermath(place, arrived, place.banned())


def _visit(place: Site, browser: Any, name: str, page: Page) -> int:
    """Open a page; return how many requests or refused connections of its visitor nginx has seen."""
    address = VISITORS[name]
    place.move_client_to(address)
    context = browser.new_context()
    tab = context.new_page()
    # pages that open what is refused never finish
    with suppress(Exception):
        tab.goto(page.origin if page.origin.endswith("?") else f"{page.origin}/{name}", wait_until="commit")
        if page.click:
            tab.click(page.click)

    def seen() -> int:
        return len(place.requests(address)) + len(place.error_lines(address))

    def came() -> bool:
        # the browser works while playwright waits
        tab.wait_for_timeout(50)
        return seen() >= page.least

    with suppress(LabError):
        wait_until(came, "requests", timeout_s=ARRIVE_S, every_s=0)
    tab.wait_for_timeout(300)
    context.close()
    return seen()


@pytest.mark.parametrize("name", pages.ALL)
def test_the_visitor_of_a_page_is_not_banned(aftermath: Aftermath, name: str) -> None:
    """He is in no jail and no kernel set, and the site still serves him."""
    assert aftermath.arrived[name] >= pages.ALL[name].least

    assert find_holders(aftermath.banned, VISITORS[name]) == []
    with aftermath.site.client.enter():
        assert scan(VISITORS[name], AGAIN, 1) == [200]


def test_nobody_at_all_is_banned(aftermath: Aftermath) -> None:
    """No network around the visitors either."""
    assert aftermath.banned == {}
