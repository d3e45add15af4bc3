"""The crawlers that are known: words of their user agents, and what proves them. Data, and how to read it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Union

from ideolab_accesslog.conf import cached, conf

_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

#: {word in the user agent: ends of the names of its addresses, or networks}, as their owners publish them.
#: Never googleusercontent.com or the like: every customer of a cloud has a name there.
LISTED: Mapping[str, tuple[str, ...]] = {
    # Googlebot, AdsBot-Google, GoogleOther, Mediapartners-Google, GoogleImageProxy
    "google": ("googlebot.com", "google.com"),
    "bingbot": ("search.msn.com",),
    "bingpreview": ("search.msn.com",),
    "msnbot": ("search.msn.com",),
    "adidxbot": ("search.msn.com",),
    "microsoftpreview": ("search.msn.com",),
    "applebot": ("applebot.apple.com",),
    "yandex": ("yandex.ru", "yandex.net", "yandex.com"),
    "baiduspider": ("baidu.com", "baidu.jp"),
    # no names: duckduckgo.com/duckduckbot.json
    "duckduckbot": (
        *("20.191.45.212", "40.88.21.235", "40.76.173.151", "40.76.163.7", "20.185.79.47", "52.142.26.175"),
        *("20.185.79.15", "52.142.24.149", "40.76.162.208", "40.76.163.23", "40.76.162.191", "40.76.162.247"),
    ),
    "slurp": ("crawl.yahoo.net",),
    "seznambot": ("seznam.cz",),
    "qwantbot": ("qwant.com",),
    "qwantify": ("qwant.com",),
    "petalbot": ("petalsearch.com",),
    "mojeekbot": ("mojeek.com",),
    "yeti/": ("naver.com",),
    "sogou": ("sogou.com",),
    "coccocbot": ("coccoc.com",),
    "archive.org_bot": ("archive.org",),
    "ia_archiver": ("archive.org",),
    "ccbot": ("crawl.commoncrawl.org",),
    "amazonbot": ("crawl.amazonbot.amazon",),
    "ahrefsbot": ("ahrefs.com", "ahrefs.net"),
    "semrushbot": ("semrush.com",),
    # previews of links
    "linkedinbot": ("linkedin.com",),
    "pinterestbot": ("pinterest.com",),
    "twitterbot": ("twttr.com",),
}
#: the end of a name: two parts at least
_SUFFIX = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,8}[a-z0-9-]{2,63}")


class Proof(NamedTuple):
    """What proves a crawler: the end of a confirmed name, or a network."""

    suffixes: tuple[str, ...] = ()
    networks: tuple[_Network, ...] = ()

    def holds_network_of(self, address: str) -> bool:
        """Return whether the address is in one of the networks."""
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self.networks)

    def holds_name(self, name: str) -> bool:
        """Return whether a name in small letters ends as one of the crawler's; whole parts count."""
        return name.endswith(tuple(f".{suffix}" for suffix in self.suffixes))


def find_proof(agent: str) -> Proof:
    """Return what proves that a client is the crawler that its user agent names; empty for no crawler."""
    text = agent.lower()
    found = [proof for word, proof in _proofs().items() if word in text]
    if len(found) == 1:
        return found[0]
    return Proof(
        tuple(suffix for proof in found for suffix in proof.suffixes),
        tuple(network for proof in found for network in proof.networks),
    )


def is_wanted(name: str) -> bool:
    """Return whether a name in small letters ends as that of any crawler."""
    return any(proof.holds_name(name) for proof in _proofs().values())


@cached
def _proofs() -> dict[str, Proof]:
    """Return what proves each crawler, with those of TRASHIP_CRAWLERS; one without proof is taken out."""
    if not conf.TRASHIP_VERIFY_CRAWLERS:
        return {}
    own = {
        word.lower(): texts
        for word, texts in conf.TRASHIP_CRAWLERS.items()
        # a list with nothing but mistakes takes no crawler out
        if not texts or any(parse(texts))
    }
    proofs = {word: parse(texts) for word, texts in {**LISTED, **own}.items()}
    return {word: proof for word, proof in proofs.items() if any(proof)}


def parse(texts: Iterable[str]) -> Proof:
    """Return the proof that texts are: networks, or ends of names, also with `*.`; other texts are none."""
    suffixes: list[str] = []
    networks: list[_Network] = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(str(text), strict=False))
        except ValueError:
            suffix = str(text).lower().lstrip("*").strip(".")
            if _SUFFIX.fullmatch(suffix):
                suffixes.append(suffix)
    return Proof(tuple(suffixes), tuple(networks))
