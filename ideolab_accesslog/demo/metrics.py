"""Writes metrics of the played attack for the cards of the dashboard, and never over files of others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from random import Random

from ideolab_accesslog.metrics.exposition import Metric, render, write

#: the first line of both files: without it a file is somebody else's
MARK = "# played by manage.py security_demo: no number of this host\n"
FILES = ("ideolab_connmon.prom", "ideolab_f2b.prom")
_JAILS = {
    "ideolab-connmon": 0.62,
    "nginx-ideolab-slowtls": 0.19,
    "nginx-ideolab-probe": 0.09,
    "ideolab-traship": 0.1,
}


class ForeignFileError(Exception):
    """The directory has files of metrics that were not played; the text says which and what to do."""


def write_files(directory: Path, now: datetime, active: int, random: Random) -> None:
    """Write both files; `active` bans are in force.

    ForeignFileError where a collector has its files, OSError where the directory cannot be written.
    """
    require_own(directory)
    at = int(now.timestamp())
    sensor, server = _make_sensor(at, random), _make_server(at, active)
    for name, metrics in zip(FILES, (sensor, server)):
        # a number without labels has no braces either
        write(directory / name, MARK + render(metrics).replace("{} ", " "))


def remove_files(directory: Path) -> int:
    """Delete the files that write_files() has written; return how many."""
    found = [directory / name for name in FILES if is_own(directory / name)]
    for path in found:
        path.unlink()
    return len(found)


def require_own(directory: Path) -> None:
    """Raise ForeignFileError unless all metrics of the directory were played, OSError when there is none."""
    if not directory.is_dir():
        raise NotADirectoryError(f"{directory} is no directory; make an empty one")
    foreign = [path for path in sorted(directory.glob("*.prom")) if not is_own(path)]
    if foreign:
        raise ForeignFileError(
            f"{foreign[0]} has real metrics; name an empty directory, and set ACCESSLOG_METRICS_DIR to it"
        )


def is_own(path: Path) -> bool:
    """Return whether write_files() has written this file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return path.name in FILES and file.readline() == MARK
    except FileNotFoundError:
        return False


def _make_sensor(at: int, random: Random) -> list[Metric]:
    mute, partial, slow, idle = (
        random.randint(*span) for span in ((180, 260), (90, 140), (20, 60), (60, 90))
    )
    served = random.randint(240, 320)
    phases = {"mute": mute, "partial-hello": partial, "slow-read": slow, "idle": idle, "served": served}
    total = sum(phases.values())
    return [
        _gauge("ideolab_connmon_established_443", "Established connections.", {"": total}),
        _gauge("ideolab_connmon_suspect_ips", "Suspects now.", {"": random.randint(14, 31)}),
        _gauge(
            "ideolab_f2b_connections",
            "Connections by phase.",
            {f'phase="{phase}",port="443"': number for phase, number in phases.items()},
        ),
        _gauge("ideolab_connmon_pressure", "0 calm, 1 busy, 2 exhausted.", {'port="443"': 1}),
        _gauge("ideolab_connmon_slots", "Slots in use.", {'port="443"': total}),
        _gauge("ideolab_connmon_capacity", "Connections that nginx can hold.", {'port="443"': 1024}),
        _gauge("ideolab_f2b_last_success_timestamp_seconds", "Last success.", {'job="connmon"': at}),
    ]


def _make_server(at: int, active: int) -> list[Metric]:
    bans = {f'jail="{jail}",family="inet"': int(active * part) for jail, part in _JAILS.items()}
    last = {'job="report"': at, 'job="reconcile"': at}
    # packets since midnight; a second has 66
    dropped = 180_000 + at % 86_400 * 66
    return [
        _gauge("ideolab_f2b_active_bans", "Bans that fail2ban holds.", bans),
        Metric(
            "ideolab_f2b_dropped_packets_total",
            "Packets that our rules dropped.",
            "counter",
            {'set="ideolab_ban"': dropped},
        ),
        _gauge("ideolab_f2b_last_success_timestamp_seconds", "Last success.", last),
    ]


def _gauge(name: str, documentation: str, values: Mapping[str, int]) -> Metric:
    return Metric(name, documentation, "gauge", values)
