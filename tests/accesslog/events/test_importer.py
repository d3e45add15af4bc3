"""What an import reads, through rotations, and that it stores each line once."""

from __future__ import annotations

import gc
import gzip
import os
import shutil
import time
from pathlib import Path

import pytest

from ideolab_accesslog.events import offsets
from ideolab_accesslog.events.file.lines import FileLine
from ideolab_accesslog.events.rows.row import EventRow
from ideolab_accesslog.events.store import EventBatch
from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour, EventOffset
from tests.accesslog.conftest import VENDORS
from tests.accesslog.events.event_lines import EventsFile, list_ids, make_line

on_each_database = pytest.mark.parametrize("database", VENDORS, indirect=True)


@pytest.fixture
def events(database: str, tmp_path: Path) -> EventsFile:
    directory = tmp_path / "log"
    directory.mkdir()
    return EventsFile(directory)


@on_each_database
def test_only_what_is_new_is_stored(events: EventsFile) -> None:
    """Each run begins where the last one ended."""
    events.add("a", "b")
    assert events.run() == "2 new, 0 again, 0 rejected, 0 behind"
    assert events.run() == "0 new, 0 again, 0 rejected, 0 behind"
    events.add("c")
    assert events.run() == "1 new, 0 again, 0 rejected, 0 behind"

    assert list_ids() == ["a", "b", "c"]
    assert (EventHour.objects.get().count, EventDay.objects.get(kind="country").count) == (3, 3)


@on_each_database
def test_an_event_that_is_there_is_not_counted_again(events: EventsFile) -> None:
    """By its id: in the same batch, and in a file that is imported from its beginning."""
    events.add("a", "b", "a")
    assert events.run() == "2 new, 1 again, 0 rejected, 0 behind"
    EventOffset.objects.all().delete()
    events.add("c")
    assert events.run() == "1 new, 3 again, 0 rejected, 0 behind"

    assert list_ids() == ["a", "b", "c"]
    assert EventHour.objects.get().count == 3
    assert set(EventDay.objects.values_list("kind", "key", "count", "name")) == {
        ("asn", "64500", 3, "EXAMPLE-AS"),
        ("country", "FR", 3, ""),
        ("network4", "198.51.100.0/24", 3, ""),
    }


@on_each_database
def test_a_bad_line_costs_no_other(events: EventsFile) -> None:
    """It is counted, and kept with the reason; lines that a writer took back are no fault."""
    bad = b'{"ts":\n[1]\n\xff\n\0\0\n' + make_line(ts="9999999-01-01T00:00:00+00:00", id="x")
    bad += make_line(ip="nowhere", id="x") + make_line(count=10**400, id="x") + b"[" * 200_000 + b"\n"
    events.add("a", rest=b"\n\n" + bad)
    events.add("b")

    assert events.run(batch=4) == "2 new, 0 again, 8 rejected, 0 behind"
    assert list_ids() == ["a", "b"]
    assert EventOffset.objects.get().rejected == 8
    assert [record["why"] for record in events.read_rejects()] == [
        "it is not JSON: Expecting value (character 7)",
        "it is not an object",
        "it is not UTF-8",
        "it is not JSON: Expecting value (character 0)",
        "ts is no time",
        "ip is no address",
        "count is no whole number of 64 bits",
        "it is not JSON that can be read",
    ]
    assert events.read_rejects()[2]["line"] == "\xff"


@on_each_database
def test_a_row_that_the_database_refuses_costs_no_other(
    events: EventsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser lets none through; should it, the line is rejected and the others are stored."""
    monkeypatch.setattr("ideolab_accesslog.events.rows.parse._NUMBERS", range(2**80))
    events.add("a", rest=make_line(id="b", count=2**70))
    events.add("c")

    assert events.run() == "2 new, 0 again, 1 rejected, 0 behind"
    assert list_ids() == ["a", "c"]
    assert EventHour.objects.get().count == 2
    assert events.read_rejects()[0]["why"].startswith("the database cannot hold it: ")
    assert EventOffset.objects.get().rejected == 1


@on_each_database
def test_no_batch_stays_in_memory(events: EventsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one of rows that are there already, or refused, whose errors would hold it in a cycle."""
    monkeypatch.setattr("ideolab_accesslog.events.rows.parse._NUMBERS", range(2**80))
    events.add("a", "b", "c", rest=b"{\n" + make_line(id="d", count=2**70))
    gc.collect()
    gc.disable()
    try:
        for _import in range(2):
            assert events.run(batch=2).endswith(" 0 behind")
            EventOffset.objects.all().delete()
        found = [one for one in gc.get_objects() if isinstance(one, (EventRow, FileLine, EventBatch))]
    finally:
        gc.enable()
    assert found == []


def test_a_line_of_ten_megabytes_is_rejected(events: EventsFile) -> None:
    """Its beginning is kept; while it has no end, it waits."""
    events.add("a", rest=b'{"raw":"' + b"x" * 10_000_000)
    assert events.run() == "1 new, 0 again, 0 rejected, 10000008 behind"
    events.add(rest=b'"}\n')
    events.add("b")

    assert events.run() == "1 new, 0 again, 1 rejected, 0 behind"
    (record,) = events.read_rejects()
    assert (record["why"], len(record["line"])) == ("it has more than 262144 bytes", 8192)


def test_the_last_line_waits_until_it_is_whole(events: EventsFile) -> None:
    """A reader may come between two writes."""
    line = make_line(id="b")
    events.add("a", rest=line[:50])
    assert events.run() == "1 new, 0 again, 0 rejected, 50 behind"
    events.add(rest=line[50:])

    assert events.run() == "1 new, 0 again, 0 rejected, 0 behind"
    assert list_ids() == ["a", "b"]


def test_a_rotation_leaves_nothing_behind(events: EventsFile) -> None:
    """What came between the last import and the rotation is read first."""
    events.add("a")
    events.run()
    events.add("b")
    events.rotate()
    events.add("c")

    assert events.run() == "2 new, 0 again, 0 rejected, 0 behind"
    assert list_ids() == ["a", "b", "c"]


def test_several_rotations_are_read_in_their_order(events: EventsFile) -> None:
    """Nobody imported for some days: logrotate has compressed the older files since."""
    events.add("a")
    events.run()
    events.add("b")
    old = events.rotate("events.jsonl.2")
    events.add("c")
    events.rotate()
    events.add("d")
    with gzip.open(f"{old}.gz", "wb") as file:
        file.write(old.read_bytes())
    old.unlink()

    assert events.run() == "3 new, 0 again, 0 rejected, 0 behind"
    assert events.run() == "0 new, 0 again, 0 rejected, 0 behind"
    assert list_ids() == ["a", "b", "c", "d"]
    assert events.said == []


def test_the_first_import_reads_what_logrotate_has_kept(events: EventsFile) -> None:
    """The dashboard has a history at once."""
    events.add("a")
    events.rotate("events.jsonl-20261121")
    events.add("b")
    events.rotate("events.jsonl-20261122")
    events.add("c")
    (events.path.parent / "events.jsonl.bak").write_bytes(make_line(id="no file of logrotate"))

    assert events.run() == "3 new, 0 again, 0 rejected, 0 behind"
    assert list_ids() == ["a", "b", "c"]


def test_a_file_that_was_emptied_is_read_from_its_beginning(events: EventsFile) -> None:
    """It is shorter than the position."""
    events.add("a", "b")
    events.run()
    os.truncate(events.path, 0)
    events.add("c")

    assert events.run() == "1 new, 0 again, 0 rejected, 0 behind"
    assert list_ids() == ["a", "b", "c"]


def test_a_file_that_was_copied_and_emptied_is_known_by_its_content(events: EventsFile) -> None:
    """copytruncate: the same inode, grown past the old position; the copy has what was not read."""
    events.add("a")
    events.run()
    events.add("b")
    shutil.copy(events.path, events.path.with_name("events.jsonl.1"))
    os.truncate(events.path, 0)
    events.add("c", "d", "e", "f")

    assert events.run() == "5 new, 0 again, 0 rejected, 0 behind"
    assert list_ids() == ["a", "b", "c", "d", "e", "f"]
    assert events.said == []


def test_a_file_that_is_gone_is_said(events: EventsFile) -> None:
    """Its last lines may be missing; the rest is imported."""
    events.add("a")
    events.run()
    events.rotate().unlink()
    events.add("b")

    assert events.run() == "1 new, 0 again, 0 rejected, 0 behind"
    assert events.said == [
        f"{events.path}: the file in which the last import stopped is gone, lines may be missing"
    ]


def test_an_unfinished_line_of_a_rotated_file_is_rejected(events: EventsFile) -> None:
    """Its writer may still be at it, but not for long."""
    events.add("a", rest=b'{"ts":')
    old = events.rotate()
    events.add("b")
    # of a moment ago, however busy the machine is
    os.utime(old, (time.time() + 600,) * 2)
    assert events.run() == "1 new, 0 again, 0 rejected, 342 behind"
    os.utime(old, (1, 1))

    assert events.run() == "1 new, 0 again, 1 rejected, 0 behind"
    assert [record["why"] for record in events.read_rejects()] == ["nobody has finished the line"]
    assert list_ids() == ["a", "b"]


def test_an_unfinished_line_of_ten_megabytes_is_one_line(events: EventsFile) -> None:
    """It is read once: in pieces of which each begins with the rest, a line of a gigabyte took days."""
    events.add("a", rest=b"\0" * 10_000_000)
    os.utime(events.rotate(), (1, 1))
    events.add("b")

    assert events.run() == "2 new, 0 again, 1 rejected, 0 behind"
    assert events.run() == "0 new, 0 again, 0 rejected, 0 behind"
    assert list_ids() == ["a", "b"]


def test_a_compressed_file_that_is_damaged_costs_no_other(events: EventsFile) -> None:
    """And is named."""
    events.path.with_name("events.jsonl.2.gz").write_bytes(gzip.compress(make_line(id="x") * 99)[:60])
    events.add("a")

    assert events.run() == "1 new, 0 again, 0 rejected, 0 behind"
    assert events.said == [
        f"{events.path}.2.gz: Compressed file ended before the end-of-stream marker was reached; "
        "its lines are left out"
    ]


def test_events_without_an_id_are_stored_once(events: EventsFile) -> None:
    """Those of before connmon's had ids; a true repeat is another event."""
    line = make_line(id=None, type="suspect")
    events.add(rest=line * 2)
    assert events.run() == "2 new, 0 again, 0 rejected, 0 behind"
    EventOffset.objects.all().delete()

    assert events.run() == "0 new, 2 again, 0 rejected, 0 behind"
    assert ConnmonEvent.objects.count() == 2


def test_a_link_or_a_directory_is_no_file(events: EventsFile) -> None:
    """Who may write to the directory of the logs chooses nothing else for the site to read."""
    secret = events.path.with_name("secret")
    secret.write_text("x\n")
    events.path.symlink_to(secret)
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        events.run()


def test_a_missing_file_is_said(events: EventsFile) -> None:
    """With its name."""
    with pytest.raises(FileNotFoundError, match=r"events\.jsonl"):
        events.run()


def test_another_import_moves_the_position_meanwhile(
    events: EventsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing of the batch is stored, and the import looks again."""
    events.add("a", "b")
    other = EventsFile(events.path.parent)
    move, runs = offsets.move, list[str]()

    def move_after_another(*words: object) -> bool:
        if not runs:
            runs.append("begun")
            runs.append(other.run())
        return move(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(offsets, "move", move_after_another)

    assert events.run() == "0 new, 0 again, 0 rejected, 0 behind"
    assert runs == ["begun", "2 new, 0 again, 0 rejected, 0 behind"]
    assert list_ids() == ["a", "b"]
