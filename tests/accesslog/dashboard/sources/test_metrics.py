"""connmon's and fail2ban's metrics: each says what it is worth, and what to do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ideolab_accesslog.dashboard.sources.metrics import read_connmon, read_fail2ban
from ideolab_accesslog.dashboard.sources.source import DashboardSource
from tests.accesslog.dashboard.samples import NOW, write_metrics


@pytest.mark.parametrize(
    ("ago_s", "state", "age_s"),
    [
        (5, "ok", 5),
        (60, "ok", 60),
        (61, "stale", 61),
        (-100, "ok", 0),
        (-500, "unknown", None),
        (None, "unknown", None),
    ],
)
def test_metrics_by_their_time(ago_s: Any, state: str, age_s: Any, tmp_path: Path, settings: Any) -> None:
    """By the time in the file; one without it says nothing, and a time of a clock that was wrong not ok."""
    settings.ACCESSLOG_METRICS_DIR = str(tmp_path)
    write_metrics(tmp_path, "connmon", ago_s=ago_s)

    source = read_connmon(NOW).source
    assert (source.state, source.age_s) == (state, age_s)


def test_a_file_that_was_copied_is_not_newer(tmp_path: Path, settings: Any) -> None:
    """Nor is one whose time inside is of tomorrow: the older of both counts."""
    settings.ACCESSLOG_METRICS_DIR = str(tmp_path)
    path = write_metrics(tmp_path, "fail2ban", ago_s=-9000)
    os.utime(path, (NOW.timestamp() - 300,) * 2)

    assert read_fail2ban(NOW).source.state == "stale"


def test_no_metrics(tmp_path: Path, settings: Any) -> None:
    """The text names the file, the program and the setting."""
    settings.ACCESSLOG_METRICS_DIR = str(tmp_path)

    assert read_fail2ban(NOW).source == DashboardSource(
        "fail2ban",
        "fail2ban",
        "absent",
        None,
        f"There is no {tmp_path}/ideolab_f2b.prom. See whether fail2ban runs, and whether "
        "ACCESSLOG_METRICS_DIR is the textfile_dir of f2b.conf.",
    )
