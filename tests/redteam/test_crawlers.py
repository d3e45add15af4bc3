"""Search engines that follow planted and dead links stay; who only says to be one is banned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from demo.lab.wait import wait_until
from tests.redteam import resolver
from tests.redteam.paths import SENSITIVE
from tests.redteam.scanners import Scanner, scan
from tests.redteam.site import Site, site

pytestmark = [pytest.mark.redteam, pytest.mark.root]

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BINGBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0;"
    " +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36"
)
DEAD = tuple(f"/gone-{number}/" for number in range(40))


class Crawler(NamedTuple):
    """An address and the program that it says to be."""

    address: str
    agent: str


REAL = {"google": Crawler(resolver.GOOGLE, GOOGLEBOT), "bing": Crawler(resolver.BING, BINGBOT)}
FALSE = {
    "no-name": Crawler(resolver.NAMELESS, GOOGLEBOT),
    "name-that-does-not-lead-back": Crawler(resolver.LIAR, GOOGLEBOT),
    "longer-name": Crawler(resolver.LONGER, GOOGLEBOT),
    "silent-resolver": Crawler(resolver.SILENT, GOOGLEBOT),
    "another-engines-name": Crawler("203.0.113.244", BINGBOT),
}


@pytest.fixture(scope="module")
def crawled() -> Iterator[Site]:
    """The site after all of them have followed the planted links and the dead ones."""
    with site("f2brc") as place:
        with place.client.enter():
            for crawler in REAL.values():
                _crawl(crawler, (*SENSITIVE, *DEAD))
            for crawler in FALSE.values():
                _crawl(crawler, SENSITIVE)
        yield place


def _crawl(crawler: Crawler, links: tuple[str, ...]) -> None:
    headers = (
        ("Connection", "keep-alive"),
        ("Accept", "text/html,application/xhtml+xml,application/signed-exchange;v=b3,*/*;q=0.8"),
        ("From", "crawler@engine.example"),
        ("User-Agent", crawler.agent),
        ("Accept-Encoding", "gzip, deflate, br"),
    )
    statuses = scan(crawler.address, Scanner(headers, links, 0), len(links))
    assert set(statuses[: len(SENSITIVE)]) <= {403, 0}


def _wait_for_ban(crawled: Site, name: str) -> None:
    address = FALSE[name].address
    wait_until(
        lambda: "ideolab-traship" in crawled.holders(address),
        lambda: f"{address} is not banned:\n{crawled.fail2ban.tail()}",
    )


@pytest.mark.parametrize("name", FALSE)
def test_who_only_says_to_be_a_crawler_is_banned(crawled: Site, name: str) -> None:
    """Whatever its own name server says."""
    _wait_for_ban(crawled, name)


@pytest.mark.parametrize("name", REAL)
def test_a_verified_crawler_is_not_banned_for_links(crawled: Site, name: str) -> None:
    """Twelve planted links and forty dead pages; the false ones, who came later, are banned by then."""
    for other in FALSE:
        _wait_for_ban(crawled, other)

    assert crawled.holders(REAL[name].address) == []
    assert crawled.status(REAL[name].address) == 200
