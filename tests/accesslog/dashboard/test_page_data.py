"""All values of the page, put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ideolab_accesslog.dashboard.page_data import collect
from ideolab_accesslog.dashboard.period import PERIODS
from ideolab_accesslog.dashboard.readings import Readings
from ideolab_accesslog.dashboard.sources.metrics import SUCCESS
from ideolab_accesslog.models import EventMinute
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import ACTIVE_BANS, NOW, add_event, fill_calm, write_metrics

DAY = PERIODS["24h"]


def _levels(found: Any) -> dict[str, Any]:
    return {card.key: card.value for card in found.cards}


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_calm_day(database: str, tmp_path: Path, settings: Any) -> None:
    """Every source is ok, and every number is known but the rate, which needs two readings."""
    fill_calm(tmp_path, settings)
    add_event(ago_s=3 * 3600, asn="64500", country="FR")
    found = collect(DAY, NOW, Readings())

    assert (found.verdict.level, found.verdict.reasons) == (
        "calm",
        ("No suspects, and 0 bans in ten minutes.",),
    )
    assert _levels(found) == {
        **{"established": 12, "suspects": 0, "active_bans": 3, "bans_24h": 1, "dropped": None}
    }
    assert [source.state for source in found.sources] == ["ok"] * 4
    assert (found.origins.state, found.origins.text) == (
        "ok",
        "Of all bans since 2026-11-21 14:52 UTC: 1.",
    )
    assert [one.of for one in found.asns] == ["AS64500"]


@pytest.mark.django_db
def test_nothing_is_installed(tmp_path: Path, settings: Any) -> None:
    """Nothing is 0, nothing is calm."""
    settings.ACCESSLOG_METRICS_DIR = str(tmp_path)
    found = collect(DAY, NOW, Readings())

    assert found.verdict.level == "unknown"
    assert set(_levels(found).values()) == {None}
    assert (found.timeline.state, found.origins.state) == ("absent", "absent")


@pytest.mark.django_db
def test_an_attack_is_named(tmp_path: Path, settings: Any) -> None:
    """The bans of ten minutes, against a week without any, and whose they are."""
    fill_calm(tmp_path, settings, "ideolab_connmon_established_443 900\nideolab_connmon_suspect_ips 2\n")
    for number in range(12):
        add_event(ago_s=20 * number, ip=f"198.51.100.{number}", asn="64500", asname="EVIL", country="FR")
    found = collect(DAY, NOW, Readings())

    assert found.verdict.level == "attack"
    assert found.verdict.reasons[2:4] == (
        "100 % of the newest bans are of AS64500 EVIL: see its row for its networks, and what to ban.",
        "100 % of the newest bans are of 198.51.100.0/24: ban the network from its row.",
    )


@pytest.mark.django_db
def test_suspects_that_nobody_bans(tmp_path: Path, settings: Any) -> None:
    """An alarm that names them."""
    fill_calm(tmp_path, settings, "ideolab_connmon_established_443 900\nideolab_connmon_suspect_ips 1\n")
    add_event("suspect", 300, ip="198.51.100.9")
    found = collect(DAY, NOW, Readings())

    assert found.verdict.level == "alarm"
    assert found.verdict.reasons[-1].startswith("100 % of the newest suspects are of 198.51.100.9")


@pytest.mark.django_db
def test_bans_of_others_calm_nobody(tmp_path: Path, settings: Any) -> None:
    """Whoever gets one address banned by sshd does not make the other suspects handled."""
    fill_calm(tmp_path, settings, "ideolab_connmon_established_443 900\nideolab_connmon_suspect_ips 3\n")
    for number in (1, 2, 3):
        add_event("suspect", 300, ip=f"198.51.100.{number}")
    add_event("ban", 200, ip="198.51.100.1", jail="sshd")
    found = collect(DAY, NOW, Readings())

    assert (found.verdict.level, found.verdict.reasons[0]) == (
        "alarm",
        "There are suspects, and most of them are in no ban, whoever else is banned. "
        "See fail2ban-client status ideolab-connmon.",
    )
    add_event("restored", 100, ip="198.51.100.2")
    assert collect(DAY, NOW, Readings()).verdict.level == "attack"


@pytest.mark.django_db
def test_more_bans_than_are_read_calm_nobody(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of scanners that another jail bans hide no suspect whom nobody bans."""
    monkeypatch.setattr("ideolab_accesslog.dashboard.bans.origins.NEWEST", 3)
    fill_calm(tmp_path, settings, "ideolab_connmon_established_443 900\nideolab_connmon_suspect_ips 1\n")
    add_event("suspect", 300, ip="198.51.100.9")
    for number in range(5):
        add_event(ago_s=20, ip=f"203.0.113.{number}", jail="traship")
    assert collect(DAY, NOW, Readings()).verdict.level == "alarm"

    add_event(ago_s=290, ip="198.51.100.9")
    assert collect(DAY, NOW, Readings()).verdict.level == "attack"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", "calm"),
        (ACTIVE_BANS, "unknown"),
        (f'{ACTIVE_BANS}\n{SUCCESS}{{job="reconcile"}} {NOW.timestamp() - 180}', "calm"),
        (f'{ACTIVE_BANS}\n{SUCCESS}{{job="reconcile"}} {NOW.timestamp() - 181}', "unknown"),
        (f'{ACTIVE_BANS}\n{SUCCESS}{{job="reconcile"}} {NOW.timestamp() + 9999}', "unknown"),
    ],
)
def test_a_kernel_that_nobody_compares(text: str, level: str, tmp_path: Path, settings: Any) -> None:
    """fail2ban writes its metrics, and its reconcile thread is stuck: the sets may be empty."""
    fill_calm(tmp_path, settings, fail2ban=f"{text}\n")

    assert collect(DAY, NOW, Readings()).verdict.level == level


@pytest.mark.django_db
def test_bans_that_were_not_counted(tmp_path: Path, settings: Any) -> None:
    """An import that counts no minutes makes them unknown, not 0."""
    fill_calm(tmp_path, settings)
    add_event()
    EventMinute.objects.all().delete()
    found = collect(PERIODS["1h"], NOW, Readings())

    assert (found.verdict.level, found.timeline.state, _levels(found)["bans_24h"]) == (
        "unknown",
        "unknown",
        None,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", PERIODS)
def test_a_time_to_come(name: str, tmp_path: Path, settings: Any) -> None:
    """What a wrong clock stamped is not of now: it is no attack, no newest ban, and hides none."""
    fill_calm(tmp_path, settings)
    add_event(ip="192.0.2.1", asn="64501")
    for number in range(30):
        add_event(ago_s=-86400 * (1 + number), ip=f"198.51.100.{number}", asn="64500", jail="odd")
    found = collect(PERIODS[name], NOW, Readings())

    assert (found.verdict.level, _levels(found)["bans_24h"]) == ("calm", 1)
    assert [one.of for one in found.last_bans] == ["192.0.2.1"]
    assert ([one.of for one in found.asns], found.origins.bans) == (["AS64501"], 1)
    assert sum(map(sum, (series.values for series in found.timeline.series))) == 1


@pytest.mark.django_db
def test_packets_and_errors_between_readings(tmp_path: Path, settings: Any) -> None:
    """Two files of a minute: the rate is a number, and a ban that failed an alarm."""
    fill_calm(tmp_path, settings)
    kept = Readings()
    for ago_s, dropped, errors in ((65, 100, 0), (5, 400, 1)):
        text = f"ideolab_f2b_dropped_packets_total {dropped}\nideolab_f2b_ban_errors_total {errors}\n"
        write_metrics(tmp_path, "fail2ban", text, ago_s=ago_s)
        found = collect(DAY, NOW, kept)

    assert _levels(found)["dropped"] == 300
    assert (found.verdict.level, found.verdict.reasons[0]) == (
        "alarm",
        "1 ban failed in the last minutes. See fail2ban.log.",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", PERIODS)
def test_the_number_of_queries_is_bounded(name: str, tmp_path: Path, settings: Any) -> None:
    """Whatever the period, and however many bans there are."""
    fill_calm(tmp_path, settings)
    for number in range(40):
        add_event(ago_s=number, ip=f"198.51.{number}.7", asn=str(64500 + number), country="FR")
    with CaptureQueriesContext(connection) as captured:
        collect(PERIODS[name], NOW + timedelta(seconds=1), Readings())

    assert len(captured) <= 26


@pytest.mark.django_db
@pytest.mark.parametrize("name", PERIODS)
def test_nothing_changes_within_a_minute(name: str, tmp_path: Path, settings: Any) -> None:
    """But the clock and the ages: a stream sends an event for each change."""
    fill_calm(tmp_path, settings)
    add_event(asn="64500")
    found = [collect(PERIODS[name], NOW + timedelta(seconds=ago_s), Readings()) for ago_s in (0, 20)]
    sources = [tuple(replace(source, age_s=None) for source in one.sources) for one in found]

    assert replace(found[0], now=NOW, sources=()) == replace(found[1], now=NOW, sources=())
    assert sources[0] == sources[1]
