"""The checks say who writes into the SQLite file of the site, and how that ends."""

from __future__ import annotations

from pathlib import Path

from django.core.checks import run_checks

from tests.accesslog.databases import site

_CHECK = """
from django.core.checks import run_checks
for message in run_checks(databases=["default"]):
    if message.id[-3:] in ("020", "021"):
        print(message.id[-4:], message.msg.replace({directory!r}, ""))
"""
_MIGRATE = "call_command('migrate', verbosity=0)\n"


def check(directory: Path, before: str = "", **settings: str) -> list[str]:
    """Return the messages of a site."""
    return site.run(directory, before + _CHECK.format(directory=str(directory)), **settings)


def test_a_new_site(tmp_path: Path) -> None:
    """Before the first `migrate` and after it there is nothing to say."""
    assert check(tmp_path) == []
    assert check(tmp_path, _MIGRATE) == []


def test_one_file_by_choice(tmp_path: Path) -> None:
    """W020 stays until it is silenced."""
    assert check(tmp_path, _MIGRATE, ACCESSLOG_OWN_FILE="false") == [
        "W020 the app writes into the SQLite file of the site (ACCESSLOG_OWN_FILE is False)"
    ]
    assert (
        check(tmp_path, ACCESSLOG_OWN_FILE="false", ACCESSLOG_ENABLED="false", TRASHIP_ENABLED="false") == []
    )


def test_a_uri_has_no_file_beside_it(tmp_path: Path) -> None:
    """W020 names the reason, which is none of the routers."""
    site_file = f"file:{tmp_path}/db.sqlite3?mode=rwc"
    assert check(tmp_path, DB_NAME=site_file) == [
        "W020 the app writes into the SQLite file of the site (its NAME is a URI)"
    ]


def test_an_update_without_migrate(tmp_path: Path) -> None:
    """W021: the file is not there; then that rows are left."""
    site.run(tmp_path, _MIGRATE, ACCESSLOG_OWN_FILE="false")
    assert check(tmp_path) == [
        "W021 the app writes into the SQLite file of the site: /db.accesslog.sqlite3 is not there"
    ]
    site.run(tmp_path, f"{_MIGRATE}Total.objects.using('default').create(name='x')")

    assert check(tmp_path) == ["W021 1 rows of the app are still in the SQLite file of the site"]


def test_a_cache_in_the_file_of_the_site(tmp_path: Path) -> None:
    """The thread counts there too."""
    backend = "django.core.cache.backends.db.DatabaseCache"
    caches = f"settings.CACHES = {{'default': {{'BACKEND': '{backend}', 'LOCATION': 'cache'}}}}"
    before = f"from django.conf import settings\n{caches}\nfrom django.core.cache import caches\n"
    assert check(tmp_path, f"{before}caches.settings = settings.CACHES\n{_MIGRATE}") == [
        "W020 the cache 'default' is a table in the SQLite file of the site"
    ]


def test_other_databases_are_none_of_these_checks() -> None:
    """The tests' own is in memory."""
    assert [one.id for one in run_checks() if one.id and one.id.endswith(("W020", "W021"))] == []
