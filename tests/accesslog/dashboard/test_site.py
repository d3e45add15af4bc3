"""What Django itself saw."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ideolab_accesslog.dashboard.site import BurstRow, SensitivePath, read_site
from ideolab_accesslog.models import OffenceLog, TrashIP
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import NOW

START = NOW - timedelta(days=1)


def _offend(ip: str, path: str, reason: str = "sensitive_path", ago_s: int = 60) -> None:
    ts = NOW - timedelta(seconds=ago_s)
    OffenceLog.objects.create(ts=ts, ip=ip, reason=reason, method="GET", path=path, status_code=404)


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_bursts_and_sensitive_paths(database: str) -> None:
    """Of the period; printable."""
    for ip, reason, count, ago_s in (
        ("198.51.100.7", "404_burst", 40, 60),
        ("2001:db8::/64", "404_burst", 90, 90),
        ("198.51.100.8", "404_burst", 99, 2 * 86400),
        ("198.51.100.9", "sensitive_path", 3, 60),
    ):
        last = NOW - timedelta(seconds=ago_s)
        TrashIP.objects.create(ip=ip, reason=reason, count_404=count, last_seen=last, last_path="/a\u202e")
    _offend("198.51.100.7", "/.env")
    _offend("198.51.100.9", "/.env")
    _offend("198.51.100.9", "/.env")
    _offend("198.51.100.9", "/wp-login.php")
    _offend("198.51.100.9", "/old", "404_burst")
    _offend("198.51.100.9", "/older", ago_s=2 * 86400)
    found = read_site(START)

    assert (found.state, found.offences) == ("ok", 5)
    assert found.bursts == (
        BurstRow("2001:db8::/64", 90, NOW - timedelta(seconds=90), "/a\\u202e"),
        BurstRow("198.51.100.7", 40, NOW - timedelta(seconds=60), "/a\\u202e"),
    )
    assert found.sensitive == (SensitivePath("/.env", 3, 2), SensitivePath("/wp-login.php", 1, 1))


@pytest.mark.django_db
def test_nobody_looks(settings: Any) -> None:
    """Then nothing is known, which is not 0."""
    settings.TRASHIP_ENABLED = False

    found = read_site(START)
    assert (found.state, found.offences, found.text[:15]) == ("unknown", None, "TRASHIP_ENABLED")
