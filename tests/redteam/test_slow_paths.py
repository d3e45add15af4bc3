"""Paths that were slow to look at, sent to a real web server: its other pages are as quick as before."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.child import REPOSITORY
from tests.lab.gunicorn import Served, gunicorn

pytestmark = [pytest.mark.redteam, pytest.mark.alone]

#: one of each cost between 10 ms and minutes of a processor; the number makes each path a new one
PATHS = (
    "/{:04d}" + "." * 1000,
    "/{:04d}" + ".a" * 500,
    "/{:04d}" + "%20" * 700 + "x.a",
    "/phpmyadmin-v7" + "-v7" * 40 + "{:04d}!",
    "/7777777777777777777777777777{:04d}!.zip",
    "/id_rsa." * 100 + "{:04d}!.json",
    "/{:04d}" + ".z" * 480 + "!",
    "/{:04d}" + "%" * 1500,
)
#: the median with the attack may be so much longer than without
RATIO = 1.3


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings",
        "DJANGO_DB_NAME": str(tmp_path / "db.sqlite3"),
        "DJANGO_ACCESSLOG_STATUS_CODES": "[]",
    }
    words = [sys.executable, "-m", "django", "migrate", "-v", "0"]
    subprocess.run(words, cwd=REPOSITORY, env={**os.environ, **environment}, check=True, timeout=120)
    with gunicorn(environment, "--workers", "1", "--worker-class", "gthread", "--threads", "4") as server:
        yield server


def median_s(site: Served, seconds: float) -> float:
    """The median time of a small page, asked for again and again."""
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        assert site.get("/ok/") == 200
        taken.append(time.monotonic() - began)
        time.sleep(0.02)
    return statistics.median(taken)


class Attack:
    """One client that asks for the slow paths, twenty times a second, until it is stopped."""

    def __init__(self, site: Served) -> None:
        self._site = site
        self._stop = threading.Event()
        self.sent = 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Attack:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self._site.get(PATHS[self.sent % len(PATHS)].format(self.sent))
            self.sent += 1


def test_other_pages_stay_quick(site: Served) -> None:
    """Several rounds, for others use the processor too; each has its calm before and its attack."""
    ratios = []
    for _ in range(4):
        calm = median_s(site, 2.0)
        with Attack(site) as attack:
            ratios.append(median_s(site, 4.0) / calm)
        print(f"calm {calm * 1000:.1f} ms, attack {ratios[-1]:.2f} times as long, {attack.sent} requests")
        assert attack.sent >= 20
        if ratios[-1] <= RATIO:
            break

    assert min(ratios) <= RATIO
