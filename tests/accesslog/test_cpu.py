"""CPU time for what a client may send: each function that reads its bytes has a bound, whatever they are.

The texts are as long as the servers let them be; a function whose time grows with the square of the length
takes ten times the bound, so that a busy machine fails none.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Callable

import pytest
from django.test import RequestFactory

from ideolab_accesslog.access.client_ip import Client, Resolver, canonical
from ideolab_accesslog.access.row import row_of
from ideolab_accesslog.access.sampling import is_wanted
from ideolab_accesslog.admin.export import escape_cell
from ideolab_accesslog.admin.search import parse_network
from ideolab_accesslog.databases.text import clean
from ideolab_accesslog.traship import classify, log, rows, site_urls
from ideolab_accesslog.traship.normalize import PATH_MAX, normalize
from ideolab_accesslog.traship.offence import Offence, clean_method, is_asked_by_browsers, page_key
from ideolab_accesslog.traship.window import Window
from tests.lab import cpu

#: seconds of one call
BOUND_S = 0.001
#: characters: what TrashIP keeps of a path, and what the servers take of a line or a header
LENGTHS = (1024, 8192)
#: what a text is made of again and again: each byte, separators, encodings, parts of the rules' patterns
UNITS = (
    *map(chr, range(256)),
    *(
        "..",
        "/..",
        "../",
        "a.",
        ".a",
        "/.",
        ".-",
        "-.",
        "a/",
        "/a;",
        "; ",
        "./ ",
        ". ",
        " .",
        "/ ",
        "/;",
        "~.",
    ),
    *(
        "%25",
        "%2e%2e/",
        "%c0%ae",
        "%25c0",
        "%u002e",
        "%u0",
        "%%",
        "%2",
        "%252e",
        "[]",
        "[{",
        "{}",
        "${",
        "$(",
    ),
    *(
        "é",
        "\ud800",
        "\udcff",
        "\u2028",
        "\u3000",
        "\U0001f600",
        "\uff1d",
        "12",
        "1.",
        "-9",
        "v-",
        "-1",
        "999",
    ),
    *(
        "env-",
        "env-test.",
        "config-",
        "bak-old",
        "admin",
        "my-",
        "php_",
        "wp-",
        ".env",
        "index.php.",
        ".tar.gz",
    ),
    *(
        "z.",
        "jar.",
        "zip.",
        "sql.",
        "id_rsa.",
        "id_rsa-",
        "secret-",
        "back-up-",
        "db-1",
        "a.com",
        "a-a-",
        "log.",
    ),
    *(
        "web..",
        "stok=",
        "error-1",
        "favicon-",
        "sitemap-",
        "manifest.",
        ".js.map",
        ".well-known",
        "/sw",
        "www.",
    ),
    *(
        "a, ",
        "1.1.1.1, ",
        "1.1.1.1:1,",
        '"',
        "for=",
        "for=1.1.1.1;",
        ";=",
        "::",
        "::1,",
        "[::1],",
        ";=1",
        ' ;"=',
    ),
)
STARTS = ("/", "", "/a")
ENDS = ("", "!", "/", "/b", ".css", ".tar.gz~", " x", "\n")


def texts(length: int) -> Iterator[str]:
    for unit, start, end in itertools.product(UNITS, STARTS, ENDS):
        room = length - len(start) - len(end)
        yield start + (unit * (room // len(unit) + 1))[:room] + end


def too_slow(function: Callable[[str], object]) -> list[tuple[str, int]]:
    """The texts that take longer than the bound."""
    return [
        (text[:20] + text[-20:], length)
        for length in LENGTHS
        for text in texts(length)
        if cpu.is_over(partial(function, text), BOUND_S)
    ]


def offence(text: str) -> Offence:
    # as gate cuts them
    return Offence("198.51.100.7", 2e9, "", 404, text, text[:1024], text[:512])


def hops(header: str) -> Callable[[str], object]:
    find = Resolver(["0.0.0.0/0", "::/0"], header, True)
    return lambda text: find({f"HTTP_{header.upper().replace('-', '_')}": text})


def rule_of(text: str) -> object:
    classify.remembered.clear()
    classify._long_verdicts.clear()
    return classify.rule_of(text)


def make_row(text: str) -> Callable[[str], object]:
    request: Any = RequestFactory().get("/")
    request.path = request.path_info = request.method = text
    for name in ("HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_HOST", "HTTP_X_FORWARDED_FOR", "QUERY_STRING"):
        request.META[name] = text
    return lambda _text: row_of(request, Client(None, False), 404, 1, 0.0, 0.0)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "page_key": lambda text: page_key(offence(text)),
    "is_asked_by_browsers": is_asked_by_browsers,
    "clean_method": clean_method,
    "normalize": normalize,
    "rule_of": rule_of,
    "by_substrings": classify.by_substrings,
    "is_decidable_early": site_urls.is_decidable_early,
    "format_line": lambda text: log.format_line(offence(text)),
    "rows._clean": lambda text: rows._clean(text[:1024], 1024),
    "text.clean": lambda text: clean(text[:1024]),
    "canonical": canonical,
    "X-Forwarded-For": hops("X-Forwarded-For"),
    "Forwarded": hops("Forwarded"),
    "is_wanted": lambda text: is_wanted(text, 200),
    "escape_cell": lambda text: escape_cell(text[:1024]),
    "parse_network": lambda text: parse_network(text[:1024]),
    "add_path": lambda text: Window().add_path("198.51.100.7", text[:1024], 1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_text_takes_longer_than_a_millisecond(name: str) -> None:
    """Also at the greatest length that a server takes: 8 KiB of one line or header."""
    assert too_slow(FUNCTIONS[name]) == []


def test_patterns_of_the_site_are_bounded_too(settings: Any) -> None:
    """TRASHIP_ALLOW_PATHS is asked for each path that is refused or missing: stars do not multiply."""
    settings.TRASHIP_ALLOW_PATHS = [
        "*a*a*a*a*a*a*a*b",
        "*/*/*/*/*/*x",
        "/old/",
        "*.*.*.*.*action",
        "*[a-z]*[a-z]*!",
    ]

    assert too_slow(lambda text: classify.is_allowed(text[:PATH_MAX])) == []


def test_a_row_costs_the_same_for_every_text() -> None:
    """Whatever stands in the headers: it is only cut."""
    for text in ("/" + "." * 8191, "\ud800" * 8192, "é" * 8192):
        assert not cpu.is_over(partial(make_row(text), ""), BOUND_S)


def test_a_list_of_trusted_hops_ends() -> None:
    """A client inside a trusted network writes 250 of its addresses: the first sixteen are looked at."""
    listed = ", ".join(f"10.{number // 250}.{number % 250}.7" for number in range(250))
    find = Resolver(["10.0.0.0/8"], "X-Forwarded-For", True)

    assert not cpu.is_over(lambda: find({"HTTP_X_FORWARDED_FOR": listed}), BOUND_S)
    assert find({"HTTP_X_FORWARDED_FOR": f"198.51.100.7, {listed}"}) == Client(None, False)


@pytest.mark.parametrize("endings", [".z", ".jar", ".tar.gz", ".sql.zip", ".bak~"])
def test_an_archive_in_an_archive_in_an_archive(endings: str) -> None:
    """A thousand endings are no thousand calls: that was a RecursionError, and the request was not judged."""
    assert classify.by_segments(f"/backup{endings * 400}"[:2048]) in ("archive", "database", "backup", None)


def test_the_measure_can_fail() -> None:
    """What page_key() was: for each character it looked at all that follow."""
    asset = re.compile(r"[^/]*(\.(?:css|m?js|png))$")

    assert cpu.is_over(lambda: asset.sub(r"*\1", "/" + "." * 1023), BOUND_S)
