"""Times as the tables have them, whatever the site's settings are."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.timezone import override

from ideolab_accesslog.databases.times import to_database, to_utc

_AWARE = datetime(2026, 11, 22, 14, 52, 30, tzinfo=timezone.utc)
_PARIS = datetime(2026, 11, 22, 15, 52, 30)


def test_a_site_with_time_zones(settings: Any) -> None:
    """Its tables take the time as it is."""
    settings.USE_TZ = True

    assert to_database(_AWARE) is _AWARE
    assert to_utc(_AWARE.astimezone(ZoneInfo("Europe/Paris"))) == _AWARE


def test_a_site_without_time_zones(settings: Any) -> None:
    """Its tables have the time of its own clock, also in a request whose visitor has another zone."""
    settings.USE_TZ, settings.TIME_ZONE = False, "Europe/Paris"

    with override("Asia/Tokyo"):
        assert (to_database(_AWARE), to_utc(_PARIS)) == (_PARIS, _AWARE)
