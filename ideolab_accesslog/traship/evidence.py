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

#: characters of each header that are looked at: what counts stands at its beginning
HEADER_MAX = 300
#: what every browser's user agent begins with; programs that say what they are begin otherwise
_BROWSERS = ("Mozilla/", "Opera/")
#: what loads a page's film or a mail's picture in place of the browser, without a word about the page
_LOADERS = ("AppleCoreMedia/", "stagefright/", "Microsoft Office/", "Microsoft Outlook", "Outlook-")
_SITES = ("cross-site", "same-site", "same-origin", "none")
#: destinations of a request that a person or a script of the site makes; all others are elements of a page
_PLAIN = ("", "empty", "document")
#: Chrome 76 to 79 sent Sec-Fetch-Site and Sec-Fetch-Mode alone
_WITHOUT_DEST = re.compile(r" Chrome/7[6-9]\.")
#: a browser's name and version; the versions from which on it certainly sends Sec-Fetch-* over HTTPS
_VERSION = re.compile(
    r"(Chrome|Firefox)/(\d{1,4})|(Version)/(\d{1,4})[.\d]{0,12} (?:Mobile/\w{1,12} )?Safari/"
)
_CERTAIN_FROM = {"Chrome": 90, "Firefox": 100, "Version": 17}
#: methods of a request without Origin that a page can cause, in browsers of all ages
_WITHOUT_ORIGIN = ("GET", "HEAD", "POST")
#: methods that no page can use
_FORBIDDEN = ("CONNECT", "TRACE", "TRACK")
_EARLY = re.compile(r"prefetch|prerender|preview|instant", re.I)
#: what pictures, styles, films and fonts are asked for with; a navigation begins with text/html
_ELEMENT = re.compile(r"(?:image|video|audio|font)/|text/(?:css|event-stream|vtt)|application/font", re.I)
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
        host[:HEADER_MAX],
        # behind a proxy, when the project has not set SECURE_PROXY_SSL_HEADER
        is_secure or get("HTTP_X_FORWARDED_PROTO") == "https",
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
    if claims.agent and not claims.agent.startswith(_BROWSERS):
        return claims.agent.startswith(_LOADERS) or _is_scripted(claims)
    if not _can_be_sent(claims):
        return False
    if claims.site or claims.mode or claims.dest:
        return _is_foreign_fetch(claims) or _is_element(claims) or _names_another(claims)
    if claims.is_secure and _certainly_says_more(claims):
        return False
    return claims.is_media or _names_another(claims) or _ELEMENT.match(claims.accept) is not None


def _is_scripted(claims: Claims) -> bool:
    """Return whether a script of another site sent it: after a preflight, it may name any user agent."""
    is_foreign = claims.site in ("cross-site", "same-site") and _is_foreign(claims.origin, claims.host)
    return is_foreign and (claims.mode, claims.dest) == ("cors", "empty")


def _can_be_sent(claims: Claims) -> bool:
    """Return False for a request that no browser sends on behalf of a page."""
    if claims.method in _FORBIDDEN or (claims.method not in _WITHOUT_ORIGIN and not claims.origin):
        return False
    if claims.site and claims.site not in _SITES:
        return False
    is_half = claims.mode == "navigate" and not claims.dest
    return not is_half or _WITHOUT_DEST.search(claims.agent) is not None


def _certainly_says_more(claims: Claims) -> bool:
    """Return whether such a browser would have sent Sec-Fetch-* over HTTPS with such a request."""
    found = _VERSION.search(claims.agent)
    if found is None or claims.is_bare or claims.is_media or _REPORT.match(claims.content_type):
        return False
    name, version = (found[1], found[2]) if found[1] else (found[3], found[4])
    # Safari loads some things outside of its engine, but no page
    is_certain = name != "Version" or claims.accept.startswith("text/html")
    return is_certain and int(version) >= _CERTAIN_FROM[name]


def _is_foreign_fetch(claims: Claims) -> bool:
    # a navigation too: a page can send its own tab, or one that it has opened, to any number of addresses
    return claims.site in ("cross-site", "same-site")


def _is_element(claims: Claims) -> bool:
    """Return whether an element of a page asked, also one of our own: a comment may hold a picture."""
    return claims.mode == "no-cors" or claims.dest not in _PLAIN


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
