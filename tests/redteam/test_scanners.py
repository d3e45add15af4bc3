"""Scanners and slow clients against the installed whole: banned as fast as before browsers were spared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from demo.attacker import HALF_HELLO, NAME, SILENT, SLOW_HEADERS, Attack, Kind, connect
from demo.lab.wait import wait_until
from tests.accesslog.browser import chromium
from tests.redteam.scanners import COMMON, NUCLEI, SCANNERS, scan
from tests.redteam.site import ADDRESS, Site, site

pytestmark = [pytest.mark.redteam, pytest.mark.root]

ADDRESSES = {name: f"203.0.113.{number}" for number, name in enumerate(SCANNERS, 20)}
BROWSER, RDP, SSH, VISITOR = "203.0.113.200", "203.0.113.201", "203.0.113.202", "203.0.113.210"
SLOW = {SILENT: "203.0.113.220", HALF_HELLO: "203.0.113.221", SLOW_HEADERS: "203.0.113.222"}
#: first bytes of programs that look for another service
GARBAGE = {
    RDP: b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00\r\n\r\n",
    SSH: b"SSH-2.0-Go\r\n",
}
#: pieces of it that were enough
PIECES = 3


@pytest.fixture(scope="module")
def place() -> Iterator[Site]:
    """One site for all of them; each comes from an address of its own."""
    with site("f2brs") as place:
        yield place


def _wait_for_ban(place: Site, address: str) -> None:
    """fail2ban has it on a list, and the kernel in a set."""

    def is_banned() -> bool:
        holders = place.holders(address)
        return any(name.startswith("set ") for name in holders) and len(holders) > 1

    place.fail2ban.wait_until(is_banned, f"the ban of {address}")


@pytest.mark.parametrize("name", SCANNERS)
def test_a_scanner_is_banned_after_as_many_requests_as_before(place: Site, name: str) -> None:
    """None of them is a browser that a page sends: no rule for browsers may spare it."""
    scanner = SCANNERS[name]

    with place.client.enter():
        scan(ADDRESSES[name], scanner, scanner.requests)

    _wait_for_ban(place, ADDRESSES[name])


@pytest.mark.needs("chromium")
def test_a_browser_that_is_driven_by_a_scanner_is_banned(place: Site) -> None:
    """It opens the paths itself, as somebody who types them: no page and no link had a part in it."""
    place.move_client_to(BROWSER)
    arguments = ("--ignore-certificate-errors", f"--host-resolver-rules=MAP {NAME} {ADDRESS}")
    with place.client.enter(), chromium(*arguments) as browser:
        tab = browser.new_context().new_page()
        for path in (*NUCLEI, *COMMON)[:12]:
            # packets are dropped from the ban on
            with suppress(Exception):
                tab.goto(f"https://{NAME}{path}", timeout=3000)

    _wait_for_ban(place, BROWSER)


@pytest.mark.parametrize("address", GARBAGE, ids=("rdp", "ssh"))
def test_who_looks_for_another_service_is_banned(place: Site, address: str) -> None:
    """Three pieces of what no browser sends."""
    with place.client.enter():
        for _number in range(PIECES):
            client = connect(address)
            client.sendall(GARBAGE[address])
            with suppress(OSError):
                client.recv(100)
            client.close()

    _wait_for_ban(place, address)


@pytest.fixture(scope="module")
def held(place: Site) -> Iterator[None]:
    """Twenty connections of each kind, each kind from an address of its own."""
    attacks = [Attack(kind, [address], 30) for kind, address in SLOW.items()]
    for attack in attacks:
        attack.start(place.client)
    yield
    for attack in attacks:
        attack.stop()


@pytest.mark.parametrize("kind", SLOW, ids=lambda kind: kind.name.replace(" ", "-"))
def test_who_holds_slots_is_banned(place: Site, held: None, kind: Kind) -> None:
    """connmon sees them."""
    _wait_for_ban(place, SLOW[kind])


def test_somebody_else_is_served_meanwhile(place: Site) -> None:
    """A neighbour of the scanners."""
    assert place.status(VISITOR) == 200
    wait_until(lambda: place.requests(VISITOR), "the line of the visitor")
    assert place.holders(VISITOR) == []
