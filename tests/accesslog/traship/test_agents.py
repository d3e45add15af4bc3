"""What a user agent says its client is."""

from __future__ import annotations

import pytest

from ideolab_accesslog.traship import agents
from tests.accesslog.traship.sent import CHROME, FIREFOX, OLD_SAFARI, SAFARI, WEBVIEW

_BROWSERS = (
    *(CHROME, FIREFOX, SAFARI, OLD_SAFARI, WEBVIEW),
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (X11; Linux) NetSurf/3.11",
    "Mozilla/5.0 (compatible; Konqueror/4.14; Linux) KHTML/4.14.38 (like Gecko)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Servo/1.0 Firefox/111.0",
    # the code name of a telephone
    WEBVIEW.replace("Pixel 8", "ruby"),
    "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80/191.308; U; en) Presto/2.5.25 Version/10.54",
    *("Dillo/3.1.1", "Lynx/2.9.0", "w3m/0.5.3", "okhttp/4.9.3", "Dalvik/2.1.0 (Linux; U; Android 14)", ""),
)


@pytest.mark.parametrize("agent", _BROWSERS)
def test_a_browser_is_neither_a_program_nor_a_loader(agent: str) -> None:
    """Of any age, and by any name."""
    assert not agents.is_program(agent)
    assert not agents.is_loader(agent)


@pytest.mark.parametrize(
    "agent",
    [
        *("curl/8.5.0", "Wget/1.21.4", "Go-http-client/2.0", "python-requests/2.32.3", "Python-urllib/3.12"),
        *(
            "Java/17.0.2",
            "Apache-HttpClient/4.5 (Java/17)",
            "libwww-perl/6.77",
            "Ruby",
            "node",
            "axios/1.7.2",
        ),
        *("gobuster/3.6", "feroxbuster/2.11.0", "WPScan v3.8.25 (https://wpscan.com/)", "masscan/1.3"),
        "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
        CHROME + " zgrab/0.x",
    ],
)
def test_a_program(agent: str) -> None:
    """By the beginning of what it is written with, or by a scanner's name anywhere."""
    assert agents.is_program(agent)
    assert not agents.is_loader(agent)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (CHROME, "Chrome"),
        (CHROME.replace("Chrome", "HeadlessChrome"), "Chrome"),
        (CHROME.replace("156", "89"), ""),
        (WEBVIEW, "Chrome"),
        (FIREFOX, "Firefox"),
        (FIREFOX.replace("140", "99"), ""),
        (FIREFOX.replace("Firefox/", "Goanna/6.8 Firefox/") + " PaleMoon/34.0", ""),
        (FIREFOX + " SeaMonkey/2.53.22", ""),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Servo/1.0 Firefox/128.0", ""),
        (SAFARI, "Version"),
        (OLD_SAFARI, ""),
        # GNOME Web before 2021
        (OLD_SAFARI.replace("15.6", "60.5"), ""),
        ("Firefox/" + "9" * 300, "Firefox"),
        ("", ""),
    ],
)
def test_which_browsers_certainly_say_more(agent: str, expected: str) -> None:
    """By their versions."""
    assert agents.find_certain(agent) == expected
