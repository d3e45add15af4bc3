"""A site with its database in an SQLite file, in a process of its own, for Django's start decides."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

_START = """
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections, transaction
from ideolab_accesslog import databases
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.databases import move, own
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import AccessLog, FirewallActionLog, LoadedSpool, Total, TrashIP
from tests.accesslog.rows import row
"""


def run(directory: Path, program: str, **settings: str) -> list[str]:
    """Return the lines that the program prints; the site's file is db.sqlite3 of the directory."""
    done = subprocess.run(
        [sys.executable, "-c", _START + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=300,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings",
            "PYTHONPATH": ":".join(sys.path),
            "ACCESSLOG_TEST_STATE": str(directory),
            "DJANGO_DB_NAME": str(directory / "db.sqlite3"),
            **{f"DJANGO_{name}": value for name, value in settings.items()},
        },
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()
