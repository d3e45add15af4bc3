"""Weighs who can have made a client send a request. It reads texts of the request and asks nothing else.

What a page of somebody else, a link, or a comment of a visitor can make a browser send is no evidence against
its address. Browsers say in Sec-Fetch-Site, -Mode and -Dest how a request came to be, which no page can set
(https://www.w3.org/TR/fetch-metadata/); older browsers, and all on plain HTTP, say less. A program may claim
the same, and is then refused without a line for fail2ban; a claim that no browser makes is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ideolab_accesslog.traship import agents

#: characters of each header that are looked at: what counts stands at its beginning
HEADER_MAX = 300
_FOREIGN = ("cross-site", "same-site")
_SITES = ("cross-site", "same-site", "same-origin", "none")
#: Chrome 76 to 79 sent Sec-Fetch-Site and Sec-Fetch-Mode alone
_WITHOUT_DEST = re.compile(r" Chrome/7[6-9]\.")
#: methods of a request without Origin that a page can cause, in browsers of all ages
_WITHOUT_ORIGIN = ("GET", "HEAD", "POST")
#: methods that no page can use
_FORBIDDEN = ("CONNECT", "TRACE", "TRACK")
_EARLY = re.compile(r"prefetch|prerender|preview|instant", re.I)
#: what pictures, styles, films and fonts are asked for with; a navigation begins with text/html
_ELEMENT = re.compile(r"(?:image|video|audio|font)/|text/(?:css|event-stream|vtt)|application/font", re.I)
#: Internet Explorer's and Netscape's for pages, which scanners have kept; their pictures had */*
_OLD_PAGE = re.compile(r"image/gif, ?image/x-x?bitmap|image/pjpeg")
#: bodies that a browser sends by itself: reports of a policy, and the ping of a link
_REPORT = re.compile(r"application/(?:csp-report|(?:expect-ct-report|reports)\+json)|text/ping", re.I)
_AUTHORITY_END = re.compile(r"[/?#\\]")
_SCHEMES = ("http", "https")
_PURPOSES = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
#: headers of a WebSocket's handshake and of a preflight: Chromium 156 adds no Sec-Fetch-* to the first, nor
#: to the preflight of a report
_BARE = frozenset({"HTTP_SEC_WEBSOCKET_KEY", "HTTP_ACCESS_CONTROL_REQUEST_METHOD"})
#: a header of Apple's player, which loads a page's films
_MEDIA = "HTTP_X_PLAYBACK_SESSION_ID"
#: a request without any of these says nothing about who caused it
_NAMES = frozenset(
    {
        *("HTTP_USER_AGENT", "HTTP_SEC_FETCH_SITE", "HTTP_SEC_FETCH_MODE", "HTTP_SEC_FETCH_DEST"),
        *("HTTP_ORIGIN", "HTTP_REFERER", "HTTP_ACCEPT", "CONTENT_TYPE", *_PURPOSES, *_BARE, _MEDIA),
    }
)


class Claims(NamedTuple):
    """What a request says about where it comes from; "" for what it does not say."""

    method: str = "GET"
    host: str = ""
    is_secure: bool = False
    agent: str = ""
    site: str = ""
    mode: str = ""
    dest: str = ""
    origin: str = ""
    referer: str = ""
    purpose: str = ""
    accept: str = ""
    content_type: str = ""
    is_bare: bool = False
    is_media: bool = False


def has_claims(meta: Mapping[str, Any]) -> bool:
    """Return whether a request with these headers, as WSGI names them, says anything about its cause."""
    return not _NAMES.isdisjoint(meta)


def read(method: str, is_secure: bool, host: str, meta: Mapping[str, Any]) -> Claims:
    """Return the claims of a request with these headers."""
    get = meta.get
    return Claims(
        method,
        _first(host[:HEADER_MAX]),
        # behind a proxy, when the project has not set SECURE_PROXY_SSL_HEADER
        is_secure or _first(get("HTTP_X_FORWARDED_PROTO", "")[:HEADER_MAX]).lower() == "https",
        get("HTTP_USER_AGENT", "")[:HEADER_MAX],
        get("HTTP_SEC_FETCH_SITE", "")[:HEADER_MAX],
        get("HTTP_SEC_FETCH_MODE", "")[:HEADER_MAX],
        get("HTTP_SEC_FETCH_DEST", "")[:HEADER_MAX],
        get("HTTP_ORIGIN", "")[:HEADER_MAX],
        get("HTTP_REFERER", "")[:HEADER_MAX],
        " ".join([get(name, "")[:HEADER_MAX] for name in _PURPOSES]),
        get("HTTP_ACCEPT", "")[:HEADER_MAX],
        get("CONTENT_TYPE", "")[:HEADER_MAX],
        not _BARE.isdisjoint(meta),
        _MEDIA in meta,
    )


def can_be_caused(claims: Claims) -> bool:
    """Return whether a page, a link or a visitor's comment can have caused the request, as far as it says."""
    if agents.is_loader(claims.agent):
        return True
    if not _can_be_sent(claims):
        return False
    if claims.site or claims.mode or claims.dest:
        is_caused = not _is_own_navigation(claims)
    elif claims.is_secure and _certainly_says_more(claims):
        return False
    else:
        is_caused = claims.is_media or _names_another(claims) or _asks_for_element(claims)
    return is_caused and _is_believed(claims)


def _first(text: str) -> str:
    """Return what the first proxy, which the client asked, has added to such a header."""
    return text.partition(",")[0].strip()


def _can_be_sent(claims: Claims) -> bool:
    """Return False for a request that no browser sends on behalf of a page."""
    if claims.method in _FORBIDDEN or (claims.method not in _WITHOUT_ORIGIN and not claims.origin):
        return False
    if claims.site and claims.site not in _SITES:
        return False
    is_foreign = claims.site in _FOREIGN
    if claims.mode == "navigate":
        is_whole = bool(claims.dest) or _WITHOUT_DEST.search(claims.agent) is not None
        return is_foreign or (bool(claims.site) and is_whole)
    # a proxy or an extension may have taken a part; who is not accused by the rest is not believed
    return bool(claims.mode) or is_foreign or not (claims.site or claims.dest)


def _is_own_navigation(claims: Claims) -> bool:
    """Return whether a whole page was asked for, by its user or by a page of the site.

    Neither an element of the site's pages, which a comment may hold, nor what the site's scripts fetch: its
    service worker may fetch, as its own, the page to which another site has sent the tab. Referer and Origin
    say nothing more, and are foreign behind a proxy that has changed the host.
    """
    return (
        claims.site in ("none", "same-origin")
        and claims.mode == "navigate"
        and claims.dest in ("", "document")
        and _EARLY.search(claims.purpose) is None
    )


def _certainly_says_more(claims: Claims) -> bool:
    """Return whether such a browser would have sent Sec-Fetch-* over HTTPS with such a request."""
    name = agents.find_certain(claims.agent)
    if not name or claims.is_bare or claims.is_media or _REPORT.match(claims.content_type):
        return False
    # Safari loads some things outside of its engine, but no page
    return name != "Version" or claims.accept.startswith("text/html")


def _asks_for_element(claims: Claims) -> bool:
    return _ELEMENT.match(claims.accept) is not None and _OLD_PAGE.search(claims.accept) is None


def _is_believed(claims: Claims) -> bool:
    """Return whether the client is none of the programs that scanners are made of."""
    return not agents.is_program(claims.agent) or _is_scripted(claims)


def _is_scripted(claims: Claims) -> bool:
    """Return whether a script of another site sent it: after a preflight, it may name any user agent."""
    is_foreign = claims.site in _FOREIGN and _is_foreign(claims.origin, claims.host)
    return is_foreign and (claims.mode, claims.dest) == ("cors", "empty")


def _names_another(claims: Claims) -> bool:
    """Return whether the older headers name another site, or a browser that asks before its user does."""
    return (
        _is_foreign(claims.referer, claims.host)
        or _is_foreign(claims.origin, claims.host)
        or _EARLY.search(claims.purpose) is not None
        or _REPORT.match(claims.content_type) is not None
    )


def _is_foreign(url: str, host: str) -> bool:
    """Return whether a Referer or an Origin names another host or port than the request's; "" names none.

    What is no address of a web page, such as "null" or android-app://, is foreign too.
    """
    if not url:
        return False
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        return True
    return _plain(_AUTHORITY_END.split(rest, 1)[0]) != _plain(host)


def _plain(authority: str) -> str:
    """Return host and port in small letters, without a usual port and without the dot of the root."""
    authority = authority.strip().lower()
    for port in (":80", ":443"):
        if authority.endswith(port):
            authority = authority[: -len(port)]
    return authority.rstrip(".")
