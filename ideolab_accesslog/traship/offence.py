"""What counts against an address: one offence, and the sum of them. Values only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

SENSITIVE, BURST = "sensitive_path", "404_burst"
PATH_MAX, AGENT_MAX = 1024, 512
_METHOD = re.compile(r"[A-Z]{1,16}")
#: what browsers, their tools and search engines ask for by themselves
_MADE_BY_BROWSERS = re.compile(
    r"/\.well-known(?:/|$)|/(?:favicon(?:[-_.][-\w.]*)?\.(?:ico|png|svg|gif)|apple-touch-icon[-\w]*\.png"
    r"|browserconfig\.xml|(?:mstile|android-chrome|safari-pinned-tab)[-\w]*\.(?:png|svg)|robots\.txt"
    r"|(?:site|app)?\.?manifest(?:\.json|\.webmanifest)?|site\.webmanifest|(?:app-)?ads\.txt|sellers\.json"
    r"|humans\.txt|security\.txt|llms(?:-full)?\.txt|sitemap[-\w]*\.(?:xml|txt)(?:\.gz)?|crossdomain\.xml"
    r"|opensearch\.xml|(?:service-?worker|sw)\.js|apple-app-site-association|index\.rdf|rss\.xml|atom\.xml)$"
    r"|\.(?:js|mjs|css)\.map$",
    re.I,
)
#: many missing pictures are one broken page, not a scan
_ASSET = re.compile(
    r"[^/]*(\.(?:css|m?js|map|png|jpe?g|gif|svgz?|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg|m4[av]|pdf))$",
    re.I,
)


class Offence(NamedTuple):
    """One request; `path` and `agent` are the client's own text. `rule` is "" for a plain 404."""

    address: str
    when: float
    rule: str
    status: int
    method: str
    path: str
    agent: str

    @property
    def reason(self) -> str:
        return SENSITIVE if self.rule else BURST

    @property
    def points(self) -> int:
        """A sensitive path says more than one that is merely missing."""
        return 2 if self.rule else 1


def is_browsers(path: str) -> bool:
    """Whether nobody chose to ask for this path."""
    return _MADE_BY_BROWSERS.search(path) is not None


def page(offence: Offence) -> str:
    """What two offences on the same page have in common."""
    return offence.path if offence.rule else _ASSET.sub(r"*\1", offence.path)


def word(method: str) -> str:
    """The method, where it is one: a client may send any word."""
    return method if _METHOD.fullmatch(method) else "OTHER"


@dataclass
class Suspect:
    """What one address did since it was last written down."""

    first: float
    last: float = 0.0
    hits: int = 0
    missing: int = 0
    sensitive: int = 0
    path: str = ""
    agent: str = ""

    def add(self, offence: Offence) -> None:
        self.hits += 1
        self.sensitive += bool(offence.rule)
        self.missing += not offence.rule
        self.last, self.path, self.agent = offence.when, offence.path, offence.agent

    def join(self, later: Suspect) -> None:
        """Take in what came after."""
        self.hits += later.hits
        self.missing += later.missing
        self.sensitive += later.sensitive
        self.last, self.path, self.agent = later.last, later.path, later.agent
