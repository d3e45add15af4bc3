"""The databases of the app's tests: SQLite in a file, and real PostgreSQL and MariaDB of this test run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections, router
from django.test import override_settings

from ideolab_accesslog.access import recorder, response_size
from ideolab_accesslog.dashboard.kept import kept
from ideolab_accesslog.dashboard.readings import readings
from ideolab_accesslog.databases import own
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.traship import gate
from tests.lab.mariadb import Mariadb, use_driver
from tests.lab.postgres import Postgres

VENDORS = ("sqlite", "postgresql", "mysql")
_MANNERS = ("calls", "refuse", "slow", "silent", "busy", "preview")
#: Debian package of each server
_SERVERS = {"postgresql": "postgresql", "mysql": "mariadb-server"}
_OF_MIGRATE = {"auth_permission", "django_content_type", "django_migrations"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test with the package of the database that it was parametrized with."""
    for item in items:
        vendor = getattr(item, "callspec", None) and item.callspec.params.get("database")  # type: ignore[attr-defined]
        if vendor in _SERVERS:
            item.add_marker(pytest.mark.needs(_SERVERS[vendor]))


@pytest.fixture(autouse=True)
def no_thread(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app's thread runs only in tests that ask for `writer_thread`; no row outlives its test."""
    if "writer_thread" not in request.fixturenames:
        monkeypatch.setattr(scheduler, "start", lambda: None)
        # one turn does it all, however busy the machine is
        monkeypatch.setattr(gate, "TURN_S", 60.0)
    yield
    response_size.end_forgotten_streams()
    recorder.forget()
    # what another test's clients missed is not this one's
    gate._pending.forget()


@pytest.fixture(autouse=True)
def no_data_outlives_its_test() -> Iterator[None]:
    """The dashboard keeps its data for two seconds, and fail2ban's counters for ten minutes."""
    yield
    kept.forget()
    readings.forget()


@pytest.fixture(autouse=True)
def no_file_outlives_its_test() -> Iterator[None]:
    """The start of the app, which a test may call, registers a file beside the SQLite file of that test."""
    registered, routers = own._file, list(router.routers)
    yield
    if own._file is not registered:
        own._file, router.routers[:] = registered, routers
        connections.databases.pop(own.ALIAS, None)


@pytest.fixture
def writer_thread(database: str) -> Iterator[None]:
    """The app's thread on `database`; it has ended before the database goes."""
    yield
    recorder.stop()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Path]:
    """The directory of the sink `spool`, which the settings name."""
    directory = tmp_path / "spool"
    with override_settings(ACCESSLOG_SINK="spool", ACCESSLOG_SPOOL=str(directory)):
        yield directory


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole run; who stops it must start it again."""
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Mariadb]:
    """One MariaDB for the whole run."""
    use_driver()
    server = Mariadb()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The databases that have the tables already; for SQLite, the file to copy."""
    return {"template": tmp_path_factory.mktemp("sqlite") / "template.sqlite3"}


def _entry(vendor: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    if vendor == "sqlite":
        path: Path = request.getfixturevalue("tmp_path") / "db.sqlite3"
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": {"timeout": 20}}
    server: Postgres | Mariadb = request.getfixturevalue("postgres" if vendor == "postgresql" else "mariadb")
    return server.settings()


def _keep(vendor: str, entry: dict[str, Any], migrated: dict[str, Path]) -> None:
    migrated[vendor] = Path(entry["NAME"])
    if vendor == "sqlite":
        connections["default"].close()
        shutil.copy(entry["NAME"], migrated["template"])


def _empty(connection: Any) -> None:
    """Empty the tables as flush does, but for those that migrate fills: these take it most of the time."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - _OF_MIGRATE
        if connection.vendor == "mysql":
            # each takes it 50 ms
            tables = {table for table in tables if _has_rows(cursor, connection.ops.quote_name(table))}
    statements = connection.ops.sql_flush(no_style(), sorted(tables), reset_sequences=True)
    connection.ops.execute_sql_flush(statements)


def _has_rows(cursor: Any, table: str) -> bool:
    cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 (a name that the database gave)
    return cursor.fetchone() is not None


@pytest.fixture
def database(
    request: pytest.FixtureRequest, django_db_blocker: Any, _migrated: dict[str, Path]
) -> Iterator[str]:
    """`default` is a real database with the app's tables, empty, with real transactions and threads.

    Its vendor comes from `@pytest.mark.parametrize("database", VENDORS, indirect=True)`; without it, SQLite.
    """
    vendor: str = getattr(request, "param", "sqlite")
    before = connections["default"]
    settings_before = connections.databases["default"]
    entry = connections.configure_settings({"default": _entry(vendor, request)})["default"]
    connections.databases["default"] = entry
    del connections["default"]
    with django_db_blocker.unblock():
        try:
            template = _migrated["template"]
            if vendor == "sqlite" and template.exists():
                shutil.copy(template, entry["NAME"])
            elif vendor not in _migrated:
                call_command("migrate", verbosity=0, interactive=False)
                _keep(vendor, entry, _migrated)
            yield vendor
            if vendor != "sqlite":
                _empty(connections["default"])
        finally:
            connections["default"].close()
            connections.databases["default"] = settings_before
            connections["default"] = before


@dataclass(frozen=True)
class FakeKernel:
    """What fake_helper.py holds in its directory."""

    directory: Path

    def elements(self) -> dict[str, str]:
        """By address the time it was banned for."""
        named = (path for path in self.directory.iterdir() if path.name not in _MANNERS)
        return {path.name.replace("_", "/"): path.read_text() for path in named}

    def hold(self, address: str) -> None:
        """Put an address into the set, without an end."""
        (self.directory / address).write_text("permanent")

    def behave(self, manner: str, text: str = "") -> None:
        """refuse ADDRESS, slow (after its first answer), silent (sudo without a rule), busy, preview JSON."""
        (self.directory / manner).write_text(text)

    def calls(self) -> int:
        """Return how often the helper was started."""
        path = self.directory / "calls"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def kernel(tmp_path: Path, settings: Any) -> FakeKernel:
    """The helper transport with a stand-in for ideolab-fw-ip."""
    directory = tmp_path / "kernel"
    directory.mkdir()
    settings.TRASHIP_FIREWALL_EXECUTE = True
    settings.TRASHIP_FIREWALL_TRANSPORT = "helper"
    # a busy machine takes its time to start Python
    settings.TRASHIP_FIREWALL_TIMEOUT_S = 20
    program = Path(__file__).with_name("fake_helper.py")
    settings.TRASHIP_FIREWALL_HELPER = [sys.executable, "-I", str(program), str(directory)]
    return FakeKernel(directory)


@pytest.fixture
def manual_log(tmp_path: Path, settings: Any) -> Path:
    """The log transport, without a helper."""
    settings.TRASHIP_FIREWALL_EXECUTE = True
    settings.TRASHIP_FIREWALL_TRANSPORT = "log"
    settings.TRASHIP_FIREWALL_HELPER = ["/nonexistent/sudo", "/nonexistent/ideolab-fw-ip"]
    settings.TRASHIP_MANUAL_LOG = str(tmp_path / "manual.log")
    return tmp_path / "manual.log"
