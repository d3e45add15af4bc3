"""What a user agent says to be."""

from __future__ import annotations

import pytest

from ideolab_accesslog.admin.pages.browsers import name_browser
from tests.accesslog.traship.sent import CHROME, FIREFOX, OLD_SAFARI, SAFARI


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome"),
        (FIREFOX, "Firefox"),
        (SAFARI, "Safari"),
        (OLD_SAFARI, "Safari"),
        (f"{CHROME} Edg/156.0", "Edge"),
        (f"{CHROME} OPR/110.0", "Opera"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "robot"),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)", "Internet Explorer"),
        ("Mozilla/5.0", "another browser"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("", "no name"),
        ("<script>", "another program"),
        ("\u202e", "another program"),
        ("a" * 100_000, "a" * 31),
    ],
)
def test_names(agent: str, name: str) -> None:
    """Browsers say to be each other; the most particular word counts."""
    assert name_browser(agent) == name
