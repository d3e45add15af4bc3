"""Whose the banned addresses are."""

from __future__ import annotations

from typing import Any

import pytest

from ideolab_accesslog.dashboard.bans import origins
from ideolab_accesslog.dashboard.bans.origins import TopOrigin
from ideolab_accesslog.dashboard.event_types import ASN, COUNTRY, NETWORK4, NETWORK6
from ideolab_accesslog.dashboard.period import PERIODS
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import NOW, add_event

DAY = 86400


def _fill() -> None:
    rows: tuple[tuple[int, dict[str, Any]], ...] = (
        (60, {"ip": "198.51.100.7", "asn": "64500", "asname": "A", "country": "FR"}),
        (90, {"ip": "198.51.100.8", "asn": "64500", "asname": "OLD", "country": "FR"}),
        (2 * 3600, {"ip": "2001:db8::7", "asn": "64501", "asname": "B", "country": "DE"}),
        (3 * DAY, {"ip": "203.0.113.7", "asn": "64501", "asname": "B"}),
        (3 * DAY, {"ip": "203.0.113.8", "asn": "64501", "asname": "B"}),
        (40 * DAY, {"ip": "192.0.2.1", "asn": "64502"}),
    )
    for ago_s, fields in rows:
        add_event(ago_s=ago_s, **fields)
    add_event("suspect", ip="192.0.2.2", asn="64503")


def _read(name: str) -> origins.Origins:
    return origins.read_origins(PERIODS[name], NOW, origins.read_newest(NOW - PERIODS["1h"].length, NOW))


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_each_period_has_its_own(database: str) -> None:
    """An hour and a day ban by ban, longer ones by the counts of the days; a name is the newest one."""
    _fill()
    hour, day, week, month = (_read(name) for name in PERIODS)

    assert (hour.total, day.total, week.total, month.total) == (2, 3, 5, 5)
    assert hour.tops == {
        ASN: (TopOrigin("64500", "A", 2),),
        COUNTRY: (TopOrigin("FR", "", 2),),
        NETWORK4: (TopOrigin("198.51.100.0/24", "", 2),),
        NETWORK6: (),
    }
    assert day.tops[ASN] == (TopOrigin("64500", "A", 2), TopOrigin("64501", "B", 1))
    assert [one.key for one in week.tops[ASN]] == ["64501", "64500"]
    assert week.tops[NETWORK4] == (TopOrigin("198.51.100.0/24", "", 2), TopOrigin("203.0.113.0/24", "", 2))
    assert month.tops[NETWORK6] == (TopOrigin("2001:db8::/64", "", 1),)
    assert (week.since.isoformat(), month.since.isoformat()) == (
        *("2026-11-16T00:00:00+00:00", "2026-10-24T00:00:00+00:00"),
    )


@pytest.mark.django_db
def test_many_bans_of_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an hour are the newest ones, and say so; a day is then two days of UTC."""
    _fill()
    monkeypatch.setattr(origins, "NEWEST", 1)
    monkeypatch.setattr(origins.read_newest, "__defaults__", ("ban", 1))
    monkeypatch.setattr(origins.count_newest, "__defaults__", (1,))
    hour, day = _read("1h"), _read("24h")

    assert (hour.total, hour.is_cut, hour.tops[ASN]) == (1, True, (TopOrigin("64500", "A", 1),))
    assert (day.total, day.is_cut, day.since.isoformat()) == (3, False, "2026-11-21T00:00:00+00:00")


@pytest.mark.django_db
def test_a_key_is_summed_over_all_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also over those on which it was not among the first."""
    for day in range(1, 4):
        for asn, bans in (
            ("64500", 2 if day > 1 else 1),
            ("64501", 3 if day == 1 else 1),
            ("64502", 3 * (day == 2)),
        ):
            for _ban in range(bans):
                add_event(ago_s=day * DAY, asn=asn)
    any_of: Any = origins
    monkeypatch.setattr(any_of, "OF_DAY", 1)

    assert [(one.key, one.bans) for one in _read("7d").tops[ASN]] == [
        ("64500", 5),
        ("64501", 5),
        ("64502", 3),
    ]
