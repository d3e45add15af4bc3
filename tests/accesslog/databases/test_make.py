"""`migrate` makes the app's own file, and moves the rows of earlier versions there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.accesslog.databases import site

_OLD = """
call_command("migrate", verbosity=0)
insert([row(path=f"/{number}") for number in range(5000)])
TrashIP.objects.create(ip="198.51.100.7", is_banned=True, ban_reason="scan", count_hits=3)
Total.objects.create(name="rows_total", labels='result="written"', value=7)
calls.check(["198.51.100.7"], actor=User.objects.create_user("alice"))
LoadedSpool.objects.create(name="a.jsonl")
"""
_COUNTS = """
print(own.find_alias(), move.count_rows(), AccessLog.objects.using(databases.requests()).count())
"""


def test_rows_of_earlier_versions_are_moved(tmp_path: Path) -> None:
    """Until `migrate` all stays where it is; then nothing is left, and nothing is lost."""
    site.run(tmp_path, _OLD, ACCESSLOG_OWN_FILE="false")
    before = site.run(tmp_path, _COUNTS + "call_command('check', databases=['default'])")
    after = site.run(
        tmp_path,
        "call_command('migrate')\n"
        + _COUNTS
        + "print([TrashIP.objects.get().ban_reason, Total.objects.get(name='rows_total').value])\n"
        + "print(FirewallActionLog.objects.get().actor.username, LoadedSpool.objects.count())\n"
        + "print([row.path for row in AccessLog.objects.order_by('id')[:3]])\n",
    )

    assert before[0] == "None 5005 5000"
    file = tmp_path / "db.accesslog.sqlite3"
    assert f"  {file}: the tables of ideolab_accesslog, 5005 rows moved" in after
    assert after[-4:] == ["ideolab_accesslog 0 5000", "['scan', 7]", "alice 1", "['/0', '/1', '/2']"]
    assert oct(file.stat().st_mode & 0o777) == oct((tmp_path / "db.sqlite3").stat().st_mode & 0o777)


def test_what_workers_wrote_meanwhile_is_moved_by_the_next_migrate(tmp_path: Path) -> None:
    """They have the old choice until they are started anew: counters add up, a ban is a ban."""
    old = """
    Total.objects.update_or_create(name="rows_total", labels="", defaults={"value": 5})
    TrashIP.objects.update_or_create(ip="198.51.100.7", defaults={"count_hits": 2, "is_banned": %s})
    """
    site.run(tmp_path, f"call_command('migrate', verbosity=0)\n{_strip(old % False)}")
    site.run(tmp_path, _strip(old % True), ACCESSLOG_OWN_FILE="false")

    assert site.run(
        tmp_path,
        "call_command('migrate', verbosity=0)\n"
        + _COUNTS
        + "row = TrashIP.objects.get()\nprint(row.count_hits, row.is_banned, Total.objects.get().value)",
    ) == ["ideolab_accesslog 0 0", "4 True 10"]


def _strip(program: str) -> str:
    return "\n".join(line.strip() for line in program.splitlines())


def test_every_value_is_moved_as_it_is_stored(tmp_path: Path) -> None:
    """Times, switches, numbers and nothing; also where the site's transactions let nobody read meanwhile."""
    site.run(tmp_path, _OLD, ACCESSLOG_OWN_FILE="false")
    before = {table: _read_values(tmp_path / "db.sqlite3", table) for table in _TABLES}
    exclusive = "connections['default'].transaction_mode = 'EXCLUSIVE'\n"
    site.run(tmp_path, f"{exclusive}call_command('migrate', verbosity=0)")

    moved = {table: _read_values(tmp_path / "db.accesslog.sqlite3", table) for table in _TABLES}
    assert [len(rows) for rows in moved.values()] == [5000, 1, 2, 1, 1]
    assert moved == before


_TABLES = ("accesslog", "traship", "total", "firewallactionlog", "loadedspool")


def _read_values(file: Path, table: str) -> list[Any]:
    """Return all rows without their keys, each value with its type in SQLite."""
    with closing(sqlite3.connect(file)) as opened:
        opened.row_factory = sqlite3.Row
        names = opened.execute(f"SELECT * FROM ideolab_accesslog_{table}").fetchone().keys()[1:]  # noqa: S608
        columns = ", ".join(f"{name}, typeof({name})" for name in names)
        rows = opened.execute(f"SELECT {columns} FROM ideolab_accesslog_{table} ORDER BY id")  # noqa: S608
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_process_that_is_killed_between_the_files(tmp_path: Path, mode: str) -> None:
    """After the rows are stored and before they are deleted: the next `migrate` stores none twice."""
    site.run(
        tmp_path,
        _OLD + f"connections['default'].cursor().execute('PRAGMA journal_mode = {mode}')",
        ACCESSLOG_OWN_FILE="false",
    )
    killed = """
    store = move._store_batch
    def store_and_die(model, site):
        store(model, site)
        raise OSError("killed")
    move._store_batch = store_and_die
    call_command("migrate", verbosity=0)
    """
    for _ in range(3):
        site.run(tmp_path, killed)

    after = site.run(
        tmp_path,
        "call_command('migrate', verbosity=0)\n"
        + _COUNTS
        + "print(TrashIP.objects.get().count_hits, Total.objects.get(name='rows_total').value)\n"
        + "print([name for name in LoadedSpool.objects.values_list('name', flat=True)])\n",
    )
    assert after == ["ideolab_accesslog 0 5000", "3 7", "['a.jsonl']"]


def test_a_migration_of_the_app_reaches_the_file(tmp_path: Path) -> None:
    """It follows the site's database, back and forth; what the older version has too keeps its rows."""
    applied = """
    from django.db.migrations.recorder import MigrationRecorder
    def show():
        done = MigrationRecorder(connections[own.ALIAS]).applied_migrations()
        print(max(name for label, name in done if label == own.LABEL))
    """
    program = """
    import sys
    sys.stderr = sys.stdout
    call_command("migrate", verbosity=0)
    insert([row()])
    TrashIP.objects.create(ip="198.51.100.7")
    call_command("migrate", "ideolab_accesslog", "0006", verbosity=0)
    print(AccessLog.objects.count(), TrashIP.objects.count())
    call_command("migrate", "ideolab_accesslog", "0003", verbosity=0)
    show()
    call_command("migrate", verbosity=0)
    print(AccessLog.objects.count(), TrashIP.objects.count())
    show()
    """
    counts, first, *again, last = site.run(
        tmp_path, "\n".join(line[4:] for line in f"{applied}{program}".splitlines())
    )

    assert (counts, first, again) == ("1 1", "0003_networks", ["1 1"])
    assert last > first


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_file_belongs_to_the_owner_of_the_sites(tmp_path: Path) -> None:
    """An administrator may run `migrate` as root."""
    (tmp_path / "db.sqlite3").touch()
    os.chown(tmp_path / "db.sqlite3", 65534, 65534)
    site.run(tmp_path, "call_command('migrate', verbosity=0)")

    assert (tmp_path / "db.accesslog.sqlite3").stat().st_uid == 65534


def test_a_file_that_somebody_only_opened(tmp_path: Path) -> None:
    """It is no file of the app's; `migrate` puts a whole one in its place."""
    program = """
    from contextlib import closing
    import sqlite3
    with closing(sqlite3.connect(own._file.path)) as opened:
        opened.execute("PRAGMA journal_mode = wal")
    """
    site.run(tmp_path, program)
    assert site.run(tmp_path, "print(own.find_alias())") == ["None"]

    assert site.run(tmp_path, "call_command('migrate', verbosity=0)\ninsert([row()])" + _COUNTS) == [
        "ideolab_accesslog 0 1"
    ]


def test_a_directory_that_takes_no_file(tmp_path: Path) -> None:
    """The site is migrated all the same, and the app goes on in its file."""
    (tmp_path / "db.accesslog.sqlite3.new").mkdir()
    (tmp_path / "db.accesslog.sqlite3.new" / "x").touch()

    assert site.run(tmp_path, "call_command('migrate', verbosity=0)\ninsert([row()])" + _COUNTS) == [
        "None 1 1"
    ]


def test_counts_of_events_add_up(tmp_path: Path) -> None:
    """The file and the site's database may both have the same minute: the import ran before and after."""
    old = """
    from datetime import datetime, timezone
    from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour, EventMinute, EventOffset
    now = datetime(2026, 11, 22, 14, tzinfo=timezone.utc)
    ConnmonEvent.objects.create(ts=now, type="ban", event_id="a")
    EventMinute.objects.create(minute=now, type="ban", count=1)
    EventHour.objects.create(hour=now, type="ban", count=2)
    EventDay.objects.create(day=now.date(), kind="asn", key="64500", count=3)
    EventOffset.objects.create(path="/a", position=7)
    """
    site.run(tmp_path, f"call_command('migrate', verbosity=0)\n{_strip(old)}")
    site.run(tmp_path, _strip(old), ACCESSLOG_OWN_FILE="false")

    assert site.run(
        tmp_path,
        "from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour, EventMinute, EventOffset\n"
        + "print(move.count_rows())\ncall_command('migrate', verbosity=0)\n"
        + "print([table.objects.get().count for table in (EventMinute, EventHour, EventDay)])\n"
        + "print(move.count_rows(), ConnmonEvent.objects.count(), EventOffset.objects.count())",
    ) == ["5", "[2, 4, 6]", "0 1 1"]
