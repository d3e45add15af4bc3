"""How many requests of a site on SQLite fail because the app writes: `python -m tests.bench.django_sqlite`.

One client and one request at a time, scanners besides, gunicorn with four threads, ATOMIC_REQUESTS. This
module is the site's settings and URLs, too.
"""

from __future__ import annotations

import http.client
import itertools
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.accesslog import settings as _site
from tests.accesslog.settings import *  # noqa: F403
from tests.lab.gunicorn import Served, gunicorn

ROOT_URLCONF = __name__
_database: Any = _site.DATABASES["default"]
DATABASES = {"default": {**_database, "ATOMIC_REQUESTS": True}}
ACCESSLOG_TRUSTED_PROXIES = ["127.0.0.1"]
#: the environment of each variant
VARIANTS = {
    "a file of its own": {},
    "the site's file, a thread": {"DJANGO_ACCESSLOG_OWN_FILE": "false"},
    "the site's file, in the request": {
        "DJANGO_ACCESSLOG_OWN_FILE": "false",
        "DJANGO_ACCESSLOG_SINK": "direct",
    },
}
PAGES = {"/slow/": 300, "/update/": 600}


def read_and_write(_request: HttpRequest) -> HttpResponse:
    """Read, work for 30 ms, write."""
    from django.contrib.auth.models import Group

    group, _is_new = Group.objects.get_or_create(name="a")
    time.sleep(0.03)
    group.save()
    return HttpResponse("ok")


def update(_request: HttpRequest) -> HttpResponse:
    """Call update_or_create."""
    from django.contrib.auth.models import Group

    Group.objects.update_or_create(name="a", defaults={"name": "a"})
    return HttpResponse("ok")


urlpatterns = [path("slow/", read_and_write), path("update/", update)]


def ask(server: Served, page: str, client: str) -> int:
    """Return the status of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", page, headers={"X-Forwarded-For": client})
    status = connection.getresponse().status
    connection.close()
    return status


def measure(journal: str, variant: dict[str, str]) -> str:
    """Return the statuses of both pages."""
    with tempfile.TemporaryDirectory(prefix="f2b-bench-") as directory:
        file = Path(directory, "db.sqlite3")
        with sqlite3.connect(file) as connection:
            connection.execute(f"PRAGMA journal_mode = {journal}")
        site = {"DJANGO_SETTINGS_MODULE": __spec__.name, "DJANGO_DB_NAME": str(file), **variant}
        words = [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--skip-checks"]
        subprocess.run(words, check=True, env={**os.environ, **site})
        with gunicorn(site, "--worker-class", "gthread", "--threads", "4") as server:
            return "  ".join(f"{page} {dict(load(server, page, count))}" for page, count in PAGES.items())


def load(server: Served, page: str, count: int) -> Counter[int]:
    """Ask for a page so many times, with a scanner after each third request."""
    statuses: Counter[int] = Counter()
    for number in range(count):
        statuses[ask(server, page, "198.51.100.9")] += 1
        if number % 3 == 0:
            ask(server, f"/wp-content/{number}.php", f"198.51.100.{number % 200}")
    return statuses


if __name__ == "__main__":
    for journal, (name, variant) in itertools.product(("delete", "wal"), VARIANTS.items()):
        print(f"{journal:7}{name:33}{measure(journal, variant)}", flush=True)
