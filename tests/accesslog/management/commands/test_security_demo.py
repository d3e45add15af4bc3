"""manage.py security_demo: fills, replaces, and removes exactly what it has stored."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ideolab_accesslog.demo import places
from ideolab_accesslog.models import (
    AccessLog,
    ConnmonEvent,
    EventDay,
    EventHour,
    FirewallActionLog,
    OffenceLog,
    TrashIP,
)
from tests.accesslog.conftest import VENDORS

TABLES = (AccessLog, ConnmonEvent, EventDay, EventHour, FirewallActionLog, OffenceLog, TrashIP)


def run(*words: str) -> str:
    """What the command prints."""
    printed = io.StringIO()
    call_command("security_demo", *words, stdout=printed)
    return printed.getvalue()


def read_all() -> dict[str, list[Any]]:
    """Every row of every table of the app, without its number."""
    found = {}
    for table in TABLES:
        rows = table.objects.order_by("pk").values()
        found[table.__name__] = [{key: value for key, value in row.items() if key != "id"} for row in rows]
    return found


@pytest.fixture
def real(database: str) -> dict[str, list[Any]]:
    """A site with rows of its own, some of the same hour and country as the played ones."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    ConnmonEvent.objects.create(ts=now, type="ban", ip="192.0.2.7", event_id="1764500000-a-1")
    ConnmonEvent.objects.create(ts=now, type="suspect", ip="192.0.2.7", event_id=None)
    EventHour.objects.create(hour=hour, type="ban", jail="ideolab-connmon", count=5)
    EventDay.objects.create(day=now.date(), kind="country", key="DE", count=7)
    AccessLog.objects.create(
        ip=places.VISITORS[0], host="example.org", path="/", method="GET", status_code=200
    )
    FirewallActionLog.objects.create(
        batch="00000000-0000-0000-0000-000000000001", action="ban", ip="192.0.2.7", actor_name="bob"
    )
    TrashIP.objects.create(ip="192.0.2.7")
    return read_all()


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_what_is_removed_is_what_was_stored(real: dict[str, list[Any]]) -> None:
    """The site's own rows and counts are as before, also after a second filling."""
    said = run("--force")
    assert said == (
        "3000 events, 2400 requests, 314 offences, 39 addresses, 9 actions stored; "
        "--remove takes them out again\n"
    )
    assert ConnmonEvent.objects.count() == 3002
    assert sum(row.count for row in EventHour.objects.all()) == 3005

    assert run("--force") == said
    assert [ConnmonEvent.objects.count(), AccessLog.objects.count()] == [3002, 2401]
    assert sum(row.count for row in EventHour.objects.all()) == 3005

    assert run("--remove") == ("3000 events, 2400 requests, 314 offences, 39 addresses, 9 actions removed\n")
    assert read_all() == real
    assert run("--remove").startswith("0 events, 0 requests,")


def test_real_events_are_not_mixed_with_played_ones(real: dict[str, list[Any]]) -> None:
    """Unless one insists."""
    with pytest.raises(CommandError, match="take the played attack for a real one; use another database"):
        run()

    assert read_all() == real


@pytest.mark.django_db
def test_counts_are_those_of_the_rows() -> None:
    """Hours and days are counted as the import counts them."""
    run("--events", "500", "--seed", "3")

    hours = {(one.hour, one.type, one.jail): one.count for one in EventHour.objects.all()}
    assert sum(hours.values()) == 500
    assert sum(count for (_hour, kind, _jail), count in hours.items() if kind == "ban") == (
        ConnmonEvent.objects.filter(type="ban").count()
    )
    by_country = sum(day.count for day in EventDay.objects.filter(kind="country"))
    assert by_country == ConnmonEvent.objects.filter(type="ban").exclude(country=None).count()


@pytest.mark.django_db
@pytest.mark.parametrize(("executes", "banned"), [(False, 4), (True, 0)])
def test_no_firewall_will_be_told(settings: Any, manual_log: Path, executes: bool, banned: int) -> None:
    """Where the site tells one, no row wants a ban: reconcile_firewall would put it in force."""
    settings.TRASHIP_FIREWALL_EXECUTE = executes
    run("--events", "100")

    assert TrashIP.objects.filter(is_banned=True).count() == banned
    assert not manual_log.exists()


@pytest.mark.django_db
def test_users_are_nobody() -> None:
    """The logged-in visitors have numbers that no user has."""
    run("--events", "100")

    found = set(AccessLog.objects.exclude(user=None).values_list("user_id", flat=True))
    assert found == {2_000_000_001, 2_000_000_002, 2_000_000_003}


@pytest.mark.django_db
def test_metrics_go_with_the_rows(tmp_path: Path) -> None:
    """Both files, and away with --remove."""
    run("--events", "100", "--metrics-dir", str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ideolab_connmon.prom", "ideolab_f2b.prom"]

    assert run("--remove", "--metrics-dir", str(tmp_path)).endswith("2 files of metrics removed\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_collectors_directory_is_refused_before_any_row(tmp_path: Path) -> None:
    """The error names the file."""
    (tmp_path / "node.prom").write_text("x 1\n")

    with pytest.raises(CommandError, match=r"node\.prom has real metrics"):
        run("--metrics-dir", str(tmp_path))

    assert ConnmonEvent.objects.count() == 0


@pytest.mark.django_db
def test_a_missing_directory_is_refused_before_any_row(tmp_path: Path) -> None:
    """Not when the rows are stored."""
    with pytest.raises(CommandError, match=r"/none is no directory; make an empty one"):
        run("--metrics-dir", str(tmp_path / "none"))

    assert ConnmonEvent.objects.count() == 0


@pytest.mark.parametrize("count", ["99", "50001", "-1", "x"])
def test_the_number_is_bounded(count: str) -> None:
    """A database is not filled by a slip of the finger."""
    with pytest.raises(CommandError, match="no whole number from 100 to 50000"):
        run("--events", count)
