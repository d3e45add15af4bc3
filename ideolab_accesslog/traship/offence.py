"""One offence of an address, and the sum of several. Values only."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

#: reasons of an offence, as TrashIP.Reason has them
SENSITIVE = "sensitive_path"
BURST = "404_burst"
#: excuses: a page or a link may have caused the request; a verified crawler sent it
CROSS_SITE = "cross_site"
CRAWLER = "crawler"
#: characters of a path and of a user agent that are kept: the columns of TrashIP
PATH_MAX = 1024
AGENT_MAX = 512
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
#: endings of files; many missing pictures are one broken page, not a scan
_FILES = frozenset(
    [
        *(
            "css",
            "js",
            "mjs",
            "map",
            "png",
            "jpg",
            "jpeg",
            "gif",
            "svg",
            "svgz",
            "webp",
            "avif",
            "ico",
            "bmp",
        ),
        *("woff", "woff2", "ttf", "otf", "eot", "mp3", "mp4", "webm", "ogg", "m4a", "m4v", "pdf"),
    ]
)


class Offence(NamedTuple):
    """One request; `path` and `agent` are the client's own text. `rule` is "" for a plain 404.

    `address` is what the client is counted by: the IPv4 address, or the /64 of the IPv6 address. `excuse` is
    CROSS_SITE or CRAWLER for a request that does not count against its address, else "". `client` is the
    client's own address. `pattern` is the URL pattern whose view answered a plain 404 itself, "" where the
    site has nobody to ask; `session` is the key of the request's session until a user is looked for.
    """

    address: str
    when: float
    rule: str
    status: int
    method: str
    path: str
    agent: str
    excuse: str = ""
    client: str = ""
    pattern: str = ""
    session: str = ""

    @property
    def reason(self) -> str:
        """The reason in the line and in the row."""
        return self.excuse or (SENSITIVE if self.rule else BURST)

    @property
    def points(self) -> int:
        """The weight in a burst: a sensitive path says more than one that is merely missing."""
        return 2 if self.rule else 1


def is_asked_by_browsers(path: str) -> bool:
    """Return whether browsers and search engines ask for this path by themselves; none of theirs is long."""
    return len(path) <= PATH_MAX and _MADE_BY_BROWSERS.search(path) is not None


def page_key(offence: Offence) -> str:
    """Return what two offences on the same page have in common; missing files of one kind are one page."""
    directory, slash, name = offence.path.rpartition("/")
    _stem, dot, ending = name.rpartition(".")
    if offence.rule or not dot or ending.lower() not in _FILES:
        return offence.path
    return f"{directory}{slash}*.{ending}"


def digest_of(page: str) -> bytes:
    """Return what is remembered of a page: ten bytes, however long it is."""
    return hashlib.blake2b(page.encode("utf-8", "surrogatepass"), digest_size=10).digest()


def clean_method(method: str) -> str:
    """Return the method, or OTHER for what is none: a client may send any word."""
    return method if _METHOD.fullmatch(method) else "OTHER"


@dataclass
class OffenceSum:
    """What one address did since its row was last written."""

    first: float
    last: float = 0.0
    hits: int = 0
    missing: int = 0
    sensitive: int = 0
    path: str = ""
    agent: str = ""
    excuse: str = ""
    has_rule: bool = False

    def add(self, offence: Offence) -> None:
        """Count one more offence, later than all others; an excused one is a hit and nothing else."""
        self.hits += 1
        self.has_rule = self.has_rule or bool(offence.rule)
        if offence.excuse:
            self.excuse = offence.excuse
        elif offence.rule:
            self.sensitive += 1
        else:
            self.missing += 1
        self.last, self.path, self.agent = offence.when, offence.path, offence.agent

    @property
    def reason(self) -> str:
        """The reason of the row: what counts against the address outweighs what does not."""
        if self.sensitive:
            return SENSITIVE
        return BURST if self.missing else self.excuse
