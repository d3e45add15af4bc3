"""manage.py import_connmon_events."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ideolab_accesslog.events import behind
from ideolab_accesslog.events.file.rejects import RejectFile
from ideolab_accesslog.metrics import exposition
from ideolab_accesslog.models import ConnmonEvent
from tests.accesslog.events.event_lines import EventsFile, list_ids, make_line

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def events(tmp_path: Path) -> EventsFile:
    return EventsFile(tmp_path)


def run(events: EventsFile, *words: str) -> tuple[str, str]:
    """What the command prints, and what it complains of."""
    out, error = StringIO(), StringIO()
    rejects = ("--reject-file", str(events.rejects.path))
    call_command(
        "import_connmon_events", "--file", str(events.path), *rejects, *words, stdout=out, stderr=error
    )
    return out.getvalue(), error.getvalue()


def test_it_prints_one_line(events: EventsFile, settings: Any) -> None:
    """And the metrics tell the same."""
    events.add("a", "b", "a", rest=b"bad\n{")
    settings.ACCESSLOG_EVENTS = str(events.path)

    assert behind.collect() == []
    assert run(events, "--batch", "2") == ("imported 2, duplicates 1, rejected 1, behind 1 bytes\n", "")
    assert exposition.render(behind.collect()).splitlines()[-1] == "ideolab_accesslog_events_behind_bytes 1"
    assert [line for line in exposition.render(exposition.collect()).splitlines() if "events" in line] == [
        "# HELP ideolab_accesslog_events_total Lines of connmon_events.jsonl, by what became of them.",
        "# TYPE ideolab_accesslog_events_total counter",
        'ideolab_accesslog_events_total{result="duplicate"} 1',
        'ideolab_accesslog_events_total{result="imported"} 2',
        'ideolab_accesslog_events_total{result="rejected"} 1',
    ]


def test_a_reject_file_that_cannot_be_written_costs_no_event(events: EventsFile) -> None:
    """It is said that the lines stand in the log alone."""
    events.add("a", rest=b"bad\n")
    events.rejects = RejectFile(Path("/dev/null/rejected"))

    out, error = run(events)

    assert out == "imported 1, duplicates 0, rejected 1, behind 0 bytes\n"
    assert error == (
        "1 rejected lines are kept nowhere else: /dev/null/rejected cannot be written; see --reject-file\n"
    )
    assert list_ids() == ["a"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_fails_repeats_no_event(events: EventsFile) -> None:
    """Its error has the row that it was at, with a name that some AS has given itself."""
    events.add(rest=make_line(ip=None, subnet=None, asname="\x1b[2JEVIL"))
    table = ConnmonEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = '53100'; END $$"
        )
        cursor.execute(f"CREATE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fill_disk()")
        try:
            with pytest.raises(CommandError) as found:
                run(events)
        finally:
            cursor.execute("DROP FUNCTION fill_disk() CASCADE")

    assert str(found.value) == "the disk is full; nothing is lost, the next run goes on"


def test_a_missing_file_is_an_error(events: EventsFile) -> None:
    """With the way out."""
    with pytest.raises(CommandError, match=r"events\.jsonl': `sudo ideolab-f2b install --django USER` makes"):
        run(events)


@pytest.mark.parametrize(
    ("directory", "why"),
    [("none", "No such file or directory"), ("a-file", "Not a directory")],
)
def test_an_error_of_the_directory_names_the_file(
    events: EventsFile, tmp_path: Path, directory: str, why: str
) -> None:
    """The file that the person gave; that it is its directory stands beside it."""
    (tmp_path / "a-file").touch()
    path = tmp_path / directory / "events.jsonl"

    with pytest.raises(CommandError) as raised:
        run(events, "--file", str(path))

    assert f"{why} (its directory): '{path}'" in str(raised.value)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--batch", "0"), "no whole number from 1"),
        (("--file", "/" + "x" * 300), "at most 255 characters"),
        (("--once", "--follow"), "not allowed with"),
    ],
)
def test_what_makes_no_sense_is_refused(events: EventsFile, words: tuple[str, ...], why: str) -> None:
    """Before anything is read."""
    with pytest.raises(CommandError, match=why):
        run(events, *words)


def test_a_sites_tests_leave_the_sites_events_alone(settings: Any) -> None:
    """They would go with the test database."""
    settings.ACCESSLOG_TESTING = True
    with pytest.raises(CommandError, match="this process runs tests: see --file"):
        call_command("import_connmon_events")
