"""The events of fail2ban: how far the import is, by its place and by the time of what waits."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ideolab_accesslog.dashboard.sources.events import check_events
from ideolab_accesslog.dashboard.sources.metrics import read_connmon
from ideolab_accesslog.dashboard.sources.unread import BEHIND_S
from ideolab_accesslog.databases.times import to_utc
from ideolab_accesslog.models import ConnmonEvent
from tests.accesslog.dashboard.samples import NOW, add_event, add_offset, write_metrics
from tests.accesslog.events.event_lines import EventsFile


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A file of events with one line."""
    path = tmp_path / "connmon_events.jsonl"
    path.write_text("{}\n")
    return path


@pytest.mark.django_db
def test_nothing_is_imported_yet(events: Path, settings: Any) -> None:
    """It is absent, which is not 0 bans; what is missing comes with the commands that make it."""
    settings.ACCESSLOG_EVENTS = str(events)
    found = check_events(NOW)
    settings.ACCESSLOG_EVENTS = str(events.with_name("nowhere"))
    text = check_events(NOW).text
    # the kernel refuses to look, as it does below a directory of another user
    settings.ACCESSLOG_EVENTS = f"/tmp/{'x' * 300}/events.jsonl"
    assert "this user may not read" in check_events(NOW).text

    assert (found.state, found.age_s) == ("absent", None)
    assert found.text == (
        "Nothing is imported yet. Run manage.py import_connmon_events --follow (docs/dashboard.md)."
    )
    assert text == (
        f"Nothing is imported yet: there is no {events.with_name('nowhere')}. Run ideolab-f2b install "
        "--django USER as root, then manage.py import_connmon_events --follow (docs/dashboard.md)."
    )


@pytest.mark.django_db
def test_a_file_that_may_not_be_read(events: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first import and later; what nobody reads is behind at once, not after a while."""
    settings.ACCESSLOG_EVENTS = str(events)
    # root, who runs these tests, may read everything
    monkeypatch.setattr(os, "access", lambda path, _mode: path != str(events))
    before = check_events(NOW)
    add_offset(events, ago_s=1, behind=2)
    after = check_events(NOW)

    assert (before.state, after.state) == ("absent", "behind")
    assert before.text.startswith(
        f"Nothing is imported yet: this user may not read {events}. Run ideolab-f2b"
    )
    assert after.text == (
        f"{events} has lines that are not imported, and this user may not read it. "
        "Run ideolab-f2b install --django USER as root."
    )


@pytest.mark.django_db
def test_a_clock_that_was_wrong(events: Path, tmp_path: Path, settings: Any) -> None:
    """A time of tomorrow is not the newest one: nobody knows how old that is."""
    settings.ACCESSLOG_METRICS_DIR = str(tmp_path)
    add_offset(events, ago_s=-86400, behind=2)
    write_metrics(tmp_path, "connmon", ago_s=-86400)
    found = read_connmon(NOW).source

    assert check_events(NOW).state == "behind"
    assert (found.state, found.age_s) == ("unknown", None)
    assert found.text == (
        f"{tmp_path}/ideolab_connmon.prom has a time that is still to come: how old it is, is unknown. "
        "See the clock of this host."
    )


@pytest.mark.django_db
def test_all_is_imported(events: Path) -> None:
    """However long ago: nothing was written since."""
    add_offset(events, ago_s=5000)

    found = check_events(NOW)
    assert (found.state, found.age_s, found.text) == ("ok", 5000, f"All of {events} is imported.")


@pytest.mark.django_db
@pytest.mark.parametrize(("ago_s", "state"), [(599, "behind"), (601, "ok")])
def test_lines_that_were_rejected(ago_s: int, state: str, events: Path, settings: Any) -> None:
    """An import that takes no line for an event has read all of them, and knows of no attack."""
    rejects = events.with_name("rejected.jsonl")
    settings.ACCESSLOG_EVENTS_REJECTS = str(rejects)
    add_offset(events)
    assert check_events(NOW).state == "ok"
    rejects.write_text("{}\n")
    os.utime(rejects, (NOW.timestamp() - ago_s,) * 2)
    assert check_events(NOW).state == state

    # one bad line among good ones is no reason to say less
    add_event()
    ConnmonEvent.objects.update(created_at=NOW - timedelta(seconds=ago_s + 29))
    assert check_events(NOW).state == "ok"
    ConnmonEvent.objects.update(created_at=NOW - timedelta(seconds=ago_s + 31))
    assert check_events(NOW).state == state


@pytest.mark.django_db
@pytest.mark.parametrize(("ago_s", "state"), [(60, "ok"), (151, "behind")])
def test_lines_wait(ago_s: int, state: str, events: Path) -> None:
    """For a minute they may: cron runs the import each minute."""
    add_offset(events, ago_s=ago_s, behind=2)

    assert check_events(NOW).state == state


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line_ago_s", "ago_s", "state"),
    [
        # an import that works, a second ago, on what was written hours ago
        (7200, 1, "behind"),
        # the first event since hours
        (5, 7200, "ok"),
        (151, 7200, "behind"),
        # a clock was wrong: the last import says how old it is
        (-9999, 7200, "behind"),
        (-9999, 60, "ok"),
    ],
)
def test_since_when_the_first_line_waits(line_ago_s: int, ago_s: int, state: str, events: Path) -> None:
    """As the line itself says: the time of the last import is that of a line before."""
    ts = (NOW - timedelta(seconds=line_ago_s)).isoformat(timespec="milliseconds")
    line = json.dumps({"ts": ts, "type": "ban"}, separators=(",", ":"))
    add_offset(events, ago_s=ago_s)
    with events.open("a") as file:
        file.write(f"{line}\n")
    same = check_events(NOW).state
    # the import is still at a file that was rotated away
    events.rename(events.with_suffix(".1"))
    events.write_text(f"{line}\n")

    assert (same, check_events(NOW).state) == (state, state)


@pytest.mark.django_db
def test_a_rotated_file(events: Path) -> None:
    """Another file with lines is not read; an empty one has nothing to read."""
    add_offset(events, ago_s=200)
    events.rename(events.with_suffix(".1"))
    events.touch()
    empty = check_events(NOW).state
    events.write_text("{}\n")

    assert (empty, check_events(NOW).state) == ("ok", "behind")


@pytest.mark.django_db
def test_lines_that_a_rotation_took_away(tmp_path: Path) -> None:
    """The import has died, then logrotate came: an empty new file is no sign that all is imported."""
    file = EventsFile(tmp_path)
    file.add("a")
    file.run()
    file.add("b")
    file.rotate()

    found = check_events(to_utc(timezone.now()) + timedelta(seconds=BEHIND_S + 1))
    assert (found.state, "has lines that are not imported" in found.text) == ("behind", True)


@pytest.mark.django_db
def test_another_file_that_was_imported_later(events: Path, tmp_path: Path, settings: Any) -> None:
    """An archive that somebody imported by hand hides no import that has died."""
    settings.ACCESSLOG_EVENTS = str(events)
    add_offset(events, ago_s=9000, behind=1)
    archive = tmp_path / "archive.jsonl"
    archive.write_text("{}\n")
    add_offset(archive, ago_s=5)

    assert check_events(NOW).state == "behind"


@pytest.mark.django_db
def test_an_import_of_tomorrow(events: Path) -> None:
    """After a clock was wrong an import that has died is not ok until that day."""
    add_offset(events, ago_s=-86400, behind=1)

    assert check_events(NOW).state == "behind"


@pytest.mark.django_db
def test_an_inode_of_64_bits(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The column has a sign; network disks use all bits."""
    row, stat = add_offset(events, ago_s=9000), os.stat
    found = stat(events)
    row.inode = -1
    row.save()
    wide = os.stat_result((found.st_mode, 2**64 - 1, *found[2:]))
    # of all others as it is: the report of a failed test needs it
    monkeypatch.setattr(os, "stat", lambda path, **how: wide if path == str(events) else stat(path, **how))

    assert check_events(NOW).state == "ok"


@pytest.mark.django_db
def test_a_file_that_is_gone(events: Path) -> None:
    """Nobody writes events any more."""
    add_offset(events)
    events.unlink()

    assert check_events(NOW).state == "stale"


@pytest.mark.django_db
def test_a_file_that_is_none(events: Path) -> None:
    """How far the import is, cannot be known."""
    add_offset(events)
    events.unlink()
    events.mkdir()

    assert check_events(NOW).state == "unknown"


@pytest.mark.django_db
def test_a_file_that_may_not_be_looked_at(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may look everywhere, so the system call is made to refuse."""
    add_offset(events)
    stat = os.stat

    def refuse(path: Any, **keywords: Any) -> os.stat_result:
        if path == str(events):
            raise PermissionError(13, "Permission denied", path)
        return stat(path, **keywords)

    monkeypatch.setattr(os, "stat", refuse)
    found = check_events(NOW)
    assert (found.state, "install --django USER" in found.text) == ("unknown", True)


@pytest.mark.django_db
def test_a_hostile_path(tmp_path: Path) -> None:
    """The path of a row is shown printable."""
    path = tmp_path / "a\u202eb\n"
    path.write_text("")
    add_offset(path)

    assert check_events(NOW).text.endswith("a\\u202eb\\x0a is imported.")
