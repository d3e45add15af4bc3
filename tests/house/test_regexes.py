"""No regex of the product needs a time that grows with more than the length of what a client sends."""

from __future__ import annotations

import re

import pytest

from tests.house.regexes import Found, filters, find_slow, modules, patterns

# fail2ban 1.0 imports sre_constants
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_the_regexes_of_all_modules() -> None:
    """Of the app, the pack, its actions and its root helper."""
    found = patterns(modules())

    places = {one.place for one in found}
    assert {
        "ideolab_f2b.logline._REST",
        "ideolab_accesslog.traship.rules.PATTERNS",
        "ideolab_accesslog.traship.offence._MADE_BY_BROWSERS",
        "regexes_ideolab_fw_ip._ADDRESS",
    } <= places
    assert [bad for bad in map(find_slow, found) if bad] == []


@pytest.mark.needs("fail2ban")
def test_the_regexes_of_all_filters() -> None:
    """In each mode, as fail2ban compiles them, and the dates."""
    found = filters()

    assert {one.place.split("[")[0] for one in found if "datepattern" not in one.place} == {
        "filter.d/ideolab-connmon.conf",
        "filter.d/ideolab-manual.conf",
        "filter.d/ideolab-traship.conf",
        "filter.d/nginx-ideolab-front.conf",
        "filter.d/nginx-ideolab-stalled.conf",
        "filter.d/nginx-ideolab-slowtls.conf",
    }
    assert [bad for bad in map(find_slow, found) if bad] == []


@pytest.mark.parametrize(
    ("text", "method"),
    [
        # what offence.page_key() was
        (r"[^/]*(\.(?:css|m?js|map|png|jpe?g))$", "findall"),
        (r"(a+)+$", "fullmatch"),
        (r"^(?:[a-z]+-?)*$", "match"),
        # what normalize and rules were
        (r"(?<=[^./\s])[.\s]+(?=/|$)|(?<=/)\s+|\s+(?=/|$)", "findall"),
        (r"(?:.*[-_.])?(?:www|db)(?:[-_.]?(?:\d[-_.\d]*|bak))*", "fullmatch"),
        (r"phpmyadmin(?:[-_.]?(?:v?\d[-_.\w]*|old))+", "fullmatch"),
        (r"x*y", "search"),
        (r"client: (?:\d+\.)*\d+.*, server: .*, end$", "search"),
        (r'"(?:[^"\\]|\\.|[^"])*"', "match"),
    ],
)
def test_a_slow_regex_is_found(text: str, method: str) -> None:
    """The square of the length is enough, a power of two all the more."""
    assert find_slow(Found("x", re.compile(text), (method,))) is not None


@pytest.mark.parametrize(
    "text", [r"[a-z]+=\d+$", r"^(?:[^/]*/)*x$", r"\d{1,3}(?:\.\d{1,3}){3}", r"(?<![a-z])[a-z]+="]
)
def test_a_quick_regex_is_not(text: str) -> None:
    """Where the length alone counts."""
    assert find_slow(Found("x", re.compile(text), ("match",))) is None
