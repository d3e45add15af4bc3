"""Headers as text, whatever a server has put there."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from ideolab_accesslog.access.headers import as_text, read, read_all


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (b"\xe9a", "éa"),
        (None, ""),
        (80, "80"),
        (ip_address("198.51.100.7"), "198.51.100.7"),
        (["a"], "['a']"),
    ],
)
def test_every_value_has_a_text(value: Any, text: str) -> None:
    """Bytes as WSGI decodes them."""
    assert as_text(value) == text
    assert read({"HTTP_X": value}, "HTTP_X", 3) == text[:3]


def test_a_header_that_is_not_there() -> None:
    """Is an empty text."""
    assert read({}, "HTTP_X", 3) == ""


def test_all_headers() -> None:
    """None is absent; what is no header stays as it is."""
    plain: dict[str, Any] = {"HTTP_A": "a", "wsgi.input": None}
    assert read_all(plain) is plain
    mixed = {**plain, "HTTP_B": b"b", "HTTP_C": None, "SERVER_PORT": 80, "CONTENT_TYPE": b"text/plain"}
    assert read_all(mixed) == {
        **plain, "HTTP_B": "b", "SERVER_PORT": "80", "CONTENT_TYPE": "text/plain",
    }  # fmt: skip
