"""All spellings of a path lead to one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_accesslog.traship.normalize import normalize


@pytest.mark.parametrize(
    "path",
    [
        "/wp-login.php", "/WP-Login.PHP", "//wp-login.php", "/wp-login.php/", "/./wp-login.php",
        "/wp-login.php;x=1", "/;x/wp-login.php", "/wp-login%2ephp", "/wp-login%252ephp", "/x/../wp-login.php",
        "\\wp-login.php", "/wp-login.php ", "/wp-login.php.", "/wp-login.php\n", "/%77p-login.php",
        "/wp-login%u002ephp",
    ],
)  # fmt: skip
def test_one_spelling(path: str) -> None:
    """Case, doubled slashes, dots, parameters, encodings and padding change nothing."""
    assert normalize(path).text == "/wp-login.php"


@pytest.mark.parametrize(
    ("path", "trick"),
    [
        ("/../etc/passwd", "traversal"),
        ("/a/../../etc/passwd", "traversal"),
        ("/%2e%2e/etc/passwd", "traversal"),
        ("/a/..%2fb", "traversal"),
        ("/a/%c0%ae%c0%ae/b", "traversal"),
        ("/..;/manager", "traversal"),
        ("/page\x00", "null-byte"),
        ("/page%00.html", "null-byte"),
        ("/a/../b", ""),
        ("/%C3%A9t%C3%A9/", ""),
        ("/100%/", ""),
    ],
)
def test_tricks(path: str, trick: str) -> None:
    """What climbs out of the site or hides its dots is told; a careless link is none."""
    assert normalize(path).trick == trick


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Never raises, and never leaves a way up or a capital."""
    found = normalize(f"/{text}").text

    assert ".." not in found.split("/")
    assert found == found.lower()
