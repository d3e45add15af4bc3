"""Sites of many settings, each a process of its own that is walked through: tests/accesslog/site/walk.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from ideolab_accesslog.models import FirewallActionLog
from tests.lab.mariadb import Mariadb
from tests.lab.postgres import Postgres

#: what a site chooses, and its choices; the first ones are those of a new project
FACTORS: Mapping[str, tuple[Any, ...]] = {
    "USE_TZ": (True, False),
    "TIME_ZONE": ("Europe/Paris", "America/St_Johns"),
    "LANGUAGE_CODE": ("fr", "de", "ar"),
    "USE_THOUSAND_SEPARATOR": (False, True),
    "DEBUG": (False, True),
    "DEFAULT_AUTO_FIELD": ("django.db.models.BigAutoField", "django.db.models.AutoField"),
    "AUTH_USER_MODEL": ("auth.User", "people.Person"),
    "FORCE_SCRIPT_NAME": (None, "/app"),
    "APPEND_SLASH": (True, False),
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": (1000, 20),
    "ACCESSLOG_SINK": ("queue", "direct", "spool"),
    "ATOMIC_REQUESTS": (False, True),
    # the language is in the address: /fr/admin/
    "i18n": (False, True),
    "admin": ("default", "own", "second", "only-second"),
}


def choose_pairwise(factors: Mapping[str, tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return combinations in which each choice meets each choice of every other factor."""
    names = list(factors)
    open_pairs = {
        (one, a, other, b)
        for one, other in combinations(names, 2)
        for a, b in product(range(len(factors[one])), range(len(factors[other])))
    }
    chosen = []
    while open_pairs:
        start = min(open_pairs)
        picks = {start[0]: start[1], start[2]: start[3]}
        for name in names:
            if name not in picks:
                picks[name] = max(
                    range(len(factors[name])),
                    key=lambda pick: _count(open_pairs, {**picks, name: pick}, name),
                )
        chosen.append({name: factors[name][picks[name]] for name in names})
        open_pairs -= {(one, picks[one], other, picks[other]) for one, other in combinations(names, 2)}
    return chosen


def _count(open_pairs: set[tuple[str, int, str, int]], picks: Mapping[str, int], name: str) -> int:
    return sum(
        name in (one, other) and picks.get(one) == a and picks.get(other) == b
        for one, a, other, b in open_pairs
    )


SERVERS = {"postgresql": pytest.mark.needs("postgresql"), "mysql": pytest.mark.needs("mariadb-server")}
COMBINATIONS = choose_pairwise(FACTORS)


def walk(directory: Path, site: dict[str, Any]) -> str:
    """Return what went wrong in a walk through this site, "" for nothing."""
    told = {**site, "directory": str(directory)}
    # the site is no test: what a test run switches off has to run
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.accesslog.site.walk"],
        env={**environment, "SITE": json.dumps(told)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    said = done.stdout.strip()
    return said or (f"exit code {done.returncode}: {done.stderr}" if done.returncode else "")


def _make_site(picks: Mapping[str, Any], database: dict[str, Any]) -> dict[str, Any]:
    settings = dict(picks)
    admin, i18n = settings.pop("admin"), settings.pop("i18n", False)
    entry = {**database, "ATOMIC_REQUESTS": settings.pop("ATOMIC_REQUESTS")}
    return {"admin": admin, "i18n": i18n, "databases": {"default": entry}, "settings": settings}


def _sqlite(path: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": {"timeout": 30}}


def test_each_choice_meets_each_other() -> None:
    """In a few sites instead of thousands."""
    names = list(FACTORS)
    pairs = list(combinations(names, 2))
    met = {(one, picks[one], other, picks[other]) for picks in COMBINATIONS for one, other in pairs}

    assert len(COMBINATIONS) <= 20
    assert len(met) == sum(len(FACTORS[one]) * len(FACTORS[other]) for one, other in pairs)


@pytest.mark.parametrize("number", range(0, len(COMBINATIONS), 3))
def test_a_site_of_these_settings(number: int, tmp_path: Path) -> None:
    """Every page and every command works, and the times, counts and bans are right."""
    assert walk(tmp_path, _make_site(COMBINATIONS[number], _sqlite(tmp_path / "db"))) == ""


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("number", range(1, len(COMBINATIONS), 3))
def test_a_site_of_these_settings_on_postgresql(number: int, postgres: Postgres, tmp_path: Path) -> None:
    """The same with times that have zones in the database."""
    assert walk(tmp_path, _make_site(COMBINATIONS[number], postgres.settings(f"site{number}"))) == ""


@pytest.mark.needs("mariadb-server")
@pytest.mark.parametrize("number", range(2, len(COMBINATIONS), 3))
def test_a_site_of_these_settings_on_mariadb(number: int, mariadb: Mariadb, tmp_path: Path) -> None:
    """The same with times that have none."""
    assert walk(tmp_path, _make_site(COMBINATIONS[number], mariadb.settings(f"site{number}"))) == ""


@pytest.mark.parametrize("vendor", [pytest.param(vendor, marks=needs) for vendor, needs in SERVERS.items()])
def test_a_site_without_time_zones_on_a_server(
    vendor: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """There a column has a zone, or the server has none of its tables."""
    server: Postgres | Mariadb = request.getfixturevalue("postgres" if vendor == "postgresql" else "mariadb")
    picks = {"USE_TZ": False, "TIME_ZONE": "America/St_Johns", "ATOMIC_REQUESTS": True, "admin": "default"}
    site = _make_site({**picks, "AUTH_USER_MODEL": "people.Person"}, server.settings("zoneless"))

    assert walk(tmp_path, site) == ""


def test_a_site_without_admin_sessions_and_messages(tmp_path: Path) -> None:
    """The middleware, the commands and the functions of bans need none of them."""
    site = {"admin": "none", "databases": {"default": _sqlite(tmp_path / "db")}}

    assert walk(tmp_path, site) == ""


@pytest.mark.skipif(
    FirewallActionLog._meta.get_field("actor").db_constraint,
    reason="the column of the actor has a constraint, which no database can check in another one",
)
def test_a_site_with_its_users_in_another_database(tmp_path: Path) -> None:
    """Names are kept; keys would be those of other rows."""
    site = {
        "databases": {"default": _sqlite(tmp_path / "db"), "logs": _sqlite(tmp_path / "logs")},
        "settings": {
            "DATABASE_ROUTERS": ["tests.accesslog.site.routers.Router"],
            "ACCESSLOG_DATABASE": "logs",
            # it does not look whether the routers send the app to the site's file
            "SILENCED_SYSTEM_CHECKS": ["ideolab_accesslog.W020"],
        },
    }
    assert walk(tmp_path, site) == ""


def test_a_site_with_hashed_files(tmp_path: Path) -> None:
    """Every file that a page names has a hash, and so has what a file names."""
    site = {"storage": "manifest", "databases": {"default": _sqlite(tmp_path / "db")}}

    assert walk(tmp_path, site) == ""
