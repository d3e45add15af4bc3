"""Numbers inside of sentences."""

from __future__ import annotations

import pytest
from django.utils import translation

from ideolab_accesslog.dashboard.numbers import show_number


@pytest.mark.parametrize(("language", "text"), [("en", "1,219"), ("fr", "1 219")])
def test_thousands_are_apart(language: str, text: str) -> None:
    """As on the cards, in the reader's language."""
    with translation.override(language):
        assert show_number(1219) == text
