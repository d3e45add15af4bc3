"""On SQLite the app writes to a file of its own, and a site's requests never find their file locked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings

from ideolab_accesslog import databases
from ideolab_accesslog.databases import own
from tests.accesslog.databases import site

_READ_AND_WRITE = """
import threading
call_command("migrate", verbosity=0)
with connections["default"].cursor() as cursor:
    cursor.execute("PRAGMA journal_mode = {mode}")

def write():
    try:
        insert([row()])
        TrashIP.objects.create(ip="198.51.100.7", is_banned=True)
        Total.objects.create(name="rows_total", value=1)
        calls.ban(["198.51.100.8"], actor="traship")
    except Exception as error:
        print(error)
    connections.close_all()

with transaction.atomic():
    before = User.objects.count()
    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    User.objects.create_user("alice")
print(before, User.objects.count(), AccessLog.objects.using(databases.requests()).count())
print(TrashIP.objects.using("default").count(), TrashIP.objects.count(), FirewallActionLog.objects.count())
print(databases.requests(), databases.firewall(), databases.totals())
"""


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_request_that_reads_and_writes_is_never_refused(tmp_path: Path, mode: str) -> None:
    """The app's rows come between its read and its write, in both modes of SQLite."""
    assert site.run(tmp_path, _READ_AND_WRITE.format(mode=mode)) == [
        "0 1 1",
        "0 2 1",
        "ideolab_accesslog ideolab_accesslog ideolab_accesslog",
    ]


def test_all_that_the_admin_does(tmp_path: Path) -> None:
    """Lists, bans with the user's name, exports, the user's end, and the commands."""
    program = """
    from django.test import Client
    call_command("migrate", verbosity=0)
    root = User.objects.create_superuser("root")
    insert([row(user_id=root.pk), row(path="/found")])
    client = Client(REMOTE_ADDR="198.51.100.1")
    client.force_login(root)
    home = "/admin/ideolab_accesslog/"
    data = {"addresses": "198.51.100.7", "time": "24h", "reason": "scan"}
    print(client.post(f"{home}traship/ban/", data).status_code)
    names = ("accesslog/", "accesslog/?q=found", "traship/", "firewallactionlog/", "traship/stats/")
    print([client.get(home + name).status_code for name in (*names, "traship/address/198.51.100.7/")])
    audit = FirewallActionLog.objects.get()
    print(audit.actor == root, audit.actor_name, audit._state.db, TrashIP.objects.get().is_banned)
    root.delete()
    call_command("unban_expired")
    call_command("cleanup_accesslog", accesslog_days=1)
    call_command("check", databases=["default"])
    """
    out = site.run(tmp_path, program)

    assert out[:3] == [
        "302",
        "[200, 200, 200, 200, 200, 200]",
        "True root ideolab_accesslog True",
    ]
    assert out[3:5] == [
        "0 expired bans lifted, 0 failed in the firewall",
        "2 requests older than 1 days deleted",
    ]


def test_a_test_runner_sees_one_database(tmp_path: Path) -> None:
    """No second test database is made, and rows are where the tests look for them."""
    program = """
    from django.test.utils import setup_databases, teardown_databases
    call_command("migrate", verbosity=0)
    print(own.find_alias())
    old = setup_databases(verbosity=0, interactive=False)
    print(own.find_alias(), databases.requests(), databases.firewall(), len(old))
    insert([row()])
    print(AccessLog.objects.count(), connections["default"].settings_dict["NAME"] != own._file.path)
    teardown_databases(old, verbosity=0)
    print(own.find_alias(), AccessLog.objects.using(own.ALIAS).count() if own.find_alias() else "-")
    """
    out = site.run(tmp_path, program)

    assert out[:3] == ["ideolab_accesslog", "None default default 1", "1 True"]
    # the runner leaves the names of its own databases behind
    assert out[3] in ("None -", "ideolab_accesslog 0")


@pytest.mark.parametrize(
    ("name", "expected"),
    [(":memory:", False), ("file:x?mode=memory", False), ("", False), ("/srv/db.sqlite3", True)],
)
def test_what_is_a_file(name: str, expected: bool) -> None:
    """Databases in memory and URIs stay as they are."""
    assert own.is_file(name) is expected


class SomeRouter:
    """A router that has no opinion."""


def choose(**settings: Any) -> Any:
    """Return the path for a site with these settings."""
    with override_settings(**settings):
        return own._choose_path({"NAME": "/srv/site/db.sqlite3"})


def test_where_the_file_is() -> None:
    """Beside the site's; none where a switch or routers say otherwise."""
    assert choose() == Path("/srv/site/db.accesslog.sqlite3")
    assert choose(ACCESSLOG_OWN_FILE=False) is None
    assert choose(DATABASE_ROUTERS=[f"{__name__}.SomeRouter"]) is None


def test_a_site_may_name_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of DATABASES counts before switches and routers."""
    entry = {**connections.databases["default"], "NAME": "/srv/log.sqlite3"}
    monkeypatch.setitem(connections.databases, own.ALIAS, entry)
    try:
        assert choose(ACCESSLOG_OWN_FILE=False) == Path("/srv/log.sqlite3")
    finally:
        del connections[own.ALIAS]


def test_sites_with_another_database_are_left_alone() -> None:
    """The tests' own database is in memory."""
    assert (own.find_alias(), databases.requests()) == (None, "default")


@pytest.mark.parametrize("make", [os.symlink, os.link, lambda _target, path: os.mkfifo(path)])
def test_a_link_in_the_place_of_the_new_file(tmp_path: Path, make: Any) -> None:
    """`migrate` of root gives nobody another file: the site's user may write to the directory."""
    model, target, path = (tmp_path / name for name in ("db.sqlite3", "secret", "db.accesslog.sqlite3.new"))
    model.touch(0o666)
    target.touch(0o600)
    make(target, path)

    with pytest.raises(OSError, match=r"db\.accesslog\.sqlite3\.new"):
        own.copy_owner(path, model)
    assert target.stat().st_mode & 0o777 == 0o600
