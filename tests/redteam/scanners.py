"""Scanners as their requests look: the header sets of known programs, and the orders in which they ask."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from typing import NamedTuple

from demo.attacker import NAME, tls_context
from tests.accesslog.sites import targets
from tests.redteam.site import ADDRESS

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0"
    " Safari/537.36"
)
_ANSWER_S = 5.0


class Scanner(NamedTuple):
    """One program: its headers beside Host in their order, and its first paths in their order.

    `requests` is how many of them were enough for a ban before evidence was weighed by who can make it.
    """

    headers: Sequence[tuple[str, str]]
    paths: Sequence[str]
    requests: int


#: the head of common.txt of SecLists, which ffuf and gobuster are mostly given
COMMON = (
    *("/.bash_history", "/.bashrc", "/.cache", "/.config", "/.cvs", "/.cvsignore", "/.env", "/.forward"),
    *("/.git", "/.git-rewrite", "/.git/HEAD", "/.git/config", "/.git/index", "/.git/logs/", "/.git_release"),
    *("/.gitattributes", "/.gitconfig", "/.gitignore", "/.gitk", "/.gitkeep", "/.gitmodules", "/.gitreview"),
    *("/.history", "/.hta", "/.htaccess", "/.htpasswd", "/.listen", "/.listing", "/.mysql_history"),
    *("/.passwd", "/.perf", "/.profile", "/.rhosts", "/.sh_history", "/.ssh", "/.subversion", "/.svn"),
)
#: the head of dirsearch's own list with its endings
DIRSEARCH = (
    *("/!.gitignore", "/!.htaccess", "/!.htpasswd", "/%20../", "/%2e%2e//google.com", "/%2e%2e;/test"),
    *("/%3f/", "/%C0%AE%C0%AE%C0%AF", "/%ff", "/.7z", "/.access", "/.addressbook", "/.adm", "/.admin"),
    *("/.admin/", "/.adminer.php.swp", "/.ansible/", "/.apdisk", "/.AppleDB", "/.apport-ignore.xml"),
    *(
        "/.aptitude/config",
        "/.aws/",
        "/.aws/config",
        "/.aws/credentials",
        "/.axoCover/",
        "/.azure-pipelines.yml",
    ),
    *("/.bak", "/.bash_aliases", "/.bash_history", "/.bash_logout", "/.bash_profile", "/.bashrc"),
    *("/.bower-cache", "/.build", "/.buildpath", "/.bundle", "/.bz2", "/.cache", "/.cache/"),
)
#: what templates of nuclei ask for
NUCLEI = (
    *("/.git/config", "/.env", "/actuator/env", "/wp-json/wp/v2/users/", "/phpinfo.php", "/server-status"),
    *(
        "/.svn/entries",
        "/wp-config.php.bak",
        "/.DS_Store",
        "/config.json",
        "/.aws/credentials",
        "/solr/admin/",
    ),
    *("/manager/html", "/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh", "/owa/auth/logon.aspx", "/xmlrpc.php"),
    *(
        "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
        "/console/login/LoginForm.jsp",
        "/.vscode/sftp.json",
    ),
)
_WORDS = """
about-us access account accounting acp ad adm2 ads agenda alpha apps archive
art assets2 audit auth2 back balance banner base basic beta billing bin2
board book branch brand bridge build2 bulk
"""
#: no rule knows them: only their number tells
WORDS = tuple(f"/{word}" for word in _WORDS.split())
_RECORDED = tuple(target for source, target in targets("attack.tsv") if source == "real-2020s")

SCANNERS = {
    "nuclei": Scanner(
        (
            ("User-Agent", _CHROME.format(117)),
            ("Connection", "close"),
            ("Accept", "*/*"),
            ("Accept-Language", "en"),
            ("Accept-Encoding", "gzip"),
        ),
        NUCLEI,
        10,
    ),
    "dirsearch": Scanner(
        (
            ("User-Agent", _CHROME.format(104)),
            ("accept", "*/*"),
            ("accept-encoding", "*"),
            ("keep-alive", "timeout=15, max=1000"),
            ("cache-control", "max-age=0"),
        ),
        DIRSEARCH,
        14,
    ),
    "ffuf": Scanner(
        (("User-Agent", "Fuzz Faster U Fool v2.1.0-dev"), ("Accept-Encoding", "gzip")), COMMON, 10
    ),
    "ffuf-words": Scanner(
        (("User-Agent", "Fuzz Faster U Fool v2.1.0-dev"), ("Accept-Encoding", "gzip")), WORDS, 29
    ),
    "gobuster": Scanner((("User-Agent", "gobuster/3.6"), ("Accept-Encoding", "gzip")), COMMON, 10),
    "feroxbuster": Scanner((("accept", "*/*"), ("user-agent", "feroxbuster/2.11.0")), COMMON, 10),
    "nikto": Scanner(
        (
            ("User-Agent", _CHROME.format(74)),
            ("Connection", "Keep-Alive"),
        ),
        NUCLEI,
        10,
    ),
    "curl": Scanner((("User-Agent", "curl/7.88.1"), ("Accept", "*/*")), _RECORDED, 11),
    "python-requests": Scanner(
        (
            ("User-Agent", "python-requests/2.31.0"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
        ),
        _RECORDED,
        11,
    ),
    "no-headers": Scanner((), NUCLEI, 10),
    "own-referrer": Scanner(
        (
            ("User-Agent", _CHROME.format(120)),
            ("Accept", "text/html,*/*;q=0.8"),
            ("Referer", f"https://{NAME}/"),
        ),
        COMMON,
        10,
    ),
    "false-googlebot": Scanner(
        (
            ("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
            ("Accept", "text/html,application/xhtml+xml"),
            ("Accept-Encoding", "gzip, deflate"),
        ),
        NUCLEI,
        10,
    ),
}


def scan(address: str, scanner: Scanner, requests: int, pause_s: float = 0.0) -> list[int]:
    """Send the first requests of a scanner from this address; return the statuses, 0 for no answer.

    The calling thread must be in the client's namespace.
    """
    statuses = []
    connection = _connect(address)
    for path in scanner.paths[:requests]:
        try:
            connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
            for name, value in (("Host", NAME), *scanner.headers):
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        except (OSError, http.client.HTTPException):
            connection.close()
            connection = _connect(address)
            statuses.append(0)
        time.sleep(pause_s)
    connection.close()
    return statuses


class _Connection(http.client.HTTPSConnection):
    """A connection to the site's address whose TLS hello has the site's name."""

    def connect(self) -> None:
        """Connect, and shake hands."""
        http.client.HTTPConnection.connect(self)
        self.sock = tls_context().wrap_socket(self.sock, server_hostname=NAME)


def _connect(address: str) -> _Connection:
    return _Connection(ADDRESS, timeout=_ANSWER_S, source_address=(address, 0), context=tls_context())
