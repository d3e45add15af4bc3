"""Who can have made a client send a request."""

from __future__ import annotations

import pytest

from ideolab_accesslog.traship.evidence import Claims, can_be_caused, has_claims, read
from tests.accesslog.traship.sent import CAUSED, CHROME, FIREFOX, OLD_SAFARI, OWN, WEBVIEW, meta
from tests.lab import cpu


def is_excused(text: str) -> bool:
    """Weigh a whole request as the middleware does, over HTTPS."""
    method, _path, headers = meta(text)
    return has_claims(headers) and can_be_caused(read(method, True, headers["HTTP_HOST"], headers))


@pytest.mark.parametrize("name", CAUSED)
def test_what_a_page_or_a_link_can_cause(name: str) -> None:
    """Is no evidence against the visitor."""
    assert is_excused(CAUSED[name])


@pytest.mark.parametrize("name", OWN)
def test_what_only_the_client_can_send(name: str) -> None:
    """Counts as ever: what is typed, what scanners send, and claims that no browser makes."""
    assert not is_excused(OWN[name])


@pytest.mark.parametrize(
    ("referer", "host", "expected"),
    [
        ("https://site.example/a", "site.example", False),
        ("https://SITE.example./a", "site.example:443", False),
        ("http://site.example:80/", "site.example", False),
        ("https://site.example:8443/a", "site.example:8443", False),
        ("http://[2001:db8::1]:8000/a", "[2001:db8::1]:8000", False),
        ("", "site.example", False),
        ("https://site.example:8443/a", "site.example", True),
        ("https://site.example.evil.example/", "site.example", True),
        ("https://evil.example/site.example", "site.example", True),
        ("https://evil.example?https://site.example/", "site.example", True),
        ("https://evil.example#site.example", "site.example", True),
        ("https://evil.example\\@site.example/", "site.example", True),
        ("https://site.example@evil.example/", "site.example", True),
        ("https://blog.site.example/", "site.example", True),
        ("android-app://site.example/", "site.example", True),
        ("null", "site.example", True),
        ("site.example/a", "site.example", True),
        ("about:blank", "site.example", True),
        ("https://", "site.example", True),
        ("https://" + "a" * 1000, "site.example", True),
        ("https://\udcff/", "site.example", True),
    ],
)
def test_a_referer_is_foreign_by_host_and_port(referer: str, host: str, expected: bool) -> None:
    """And an Origin by the same."""
    for headers in ({"HTTP_REFERER": referer}, {"HTTP_ORIGIN": referer}):
        claims = read("GET", False, host, {"HTTP_USER_AGENT": OLD_SAFARI, **headers})
        assert can_be_caused(claims) is expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (CHROME, False),
        (CHROME.replace("156", "90"), False),
        (CHROME.replace("156", "89"), True),
        (FIREFOX, False),
        (FIREFOX.replace("140", "99"), True),
        (OLD_SAFARI.replace("15.6", "17.4.1"), False),
        (OLD_SAFARI, True),
        (OLD_SAFARI.replace("Version/15.6", "CriOS/140.0.7339.122"), True),
        (WEBVIEW, False),
        (FIREFOX.replace("Firefox", "Goanna/6.8 Firefox") + " PaleMoon/34.0", True),
        (FIREFOX + " SeaMonkey/2.53.22", True),
        (OLD_SAFARI.replace("15.6", "60.5"), True),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", True),
        ("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18", True),
    ],
)
def test_a_browser_that_would_say_more_is_not_believed(agent: str, expected: bool) -> None:
    """Over HTTPS; on plain HTTP no browser says more."""
    claims = Claims(
        host="site.example",
        is_secure=True,
        agent=agent,
        referer="https://evil.example/",
        accept="text/html,*/*",
    )

    assert can_be_caused(claims) is expected
    assert can_be_caused(claims._replace(is_secure=False))


def test_a_proxy_says_that_it_is_https() -> None:
    """Also where the project has not told Django."""
    headers = {"HTTP_USER_AGENT": CHROME, "HTTP_REFERER": "https://evil.example/"}

    assert can_be_caused(read("GET", False, "site.example", headers))
    for value in ("https", "HTTPS", "https, https", "https,http"):
        assert not can_be_caused(
            read("GET", False, "site.example", {**headers, "HTTP_X_FORWARDED_PROTO": value})
        )
    for value in ("http", "http, https", "", "on"):
        assert can_be_caused(read("GET", False, "site.example", {**headers, "HTTP_X_FORWARDED_PROTO": value}))


def test_the_first_of_several_proxies_names_the_host() -> None:
    """X-Forwarded-Host has two values behind two proxies."""
    headers = {"HTTP_USER_AGENT": OLD_SAFARI, "HTTP_REFERER": "https://site.example/"}

    assert not can_be_caused(read("GET", True, "site.example, inner.example", headers))
    assert can_be_caused(read("GET", True, "inner.example, site.example", headers))


def test_a_proxy_may_change_the_host() -> None:
    """The browser itself says that its user, or a page of the site, asked for the page."""
    for site in ("none", "same-origin"):
        headers = {
            "HTTP_USER_AGENT": CHROME,
            "HTTP_SEC_FETCH_SITE": site,
            "HTTP_SEC_FETCH_MODE": "navigate",
            "HTTP_SEC_FETCH_DEST": "document",
            "HTTP_REFERER": "https://site.example/",
            "HTTP_ORIGIN": "https://site.example",
        }
        assert not can_be_caused(read("POST", True, "127.0.0.1:8000", headers))


@pytest.mark.parametrize(
    "text", ["/", ".", "0", "Chrome/", "Version/1 ", "://", "a:", "\x00", "é", ";q=", " "]
)
def test_a_header_of_any_length_costs_next_to_nothing(text: str) -> None:
    """8 kB of anything in every header: well under a millisecond."""
    names = ("REFERER", "ORIGIN", "ACCEPT", "PURPOSE", "SEC_FETCH_SITE", "SEC_FETCH_MODE", "SEC_FETCH_DEST")
    long = text * (8192 // len(text))
    headers = {f"HTTP_{name}": long for name in names}
    for agent in (long, f"Mozilla/{long}"):
        meta = {**headers, "CONTENT_TYPE": long, "HTTP_USER_AGENT": agent}
        assert not cpu.is_over(lambda meta=meta: can_be_caused(read("GET", True, long, meta)), 0.001)  # type: ignore[misc]
