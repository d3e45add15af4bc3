"""capacity: the setting, then nginx, then what was seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.connmon.pressure import workers
from ideolab_f2b.connmon.pressure.capacity import Capacity, CapacityReader
from ideolab_f2b.connmon.pressure.processes import RunningNginx
from ideolab_f2b.connmon.pressure.workers import Workers


class Host:
    """Files of a host, and the masters that run on it."""

    def __init__(self, place: Path) -> None:
        self.config, self.record = place / "nginx.conf", place / "nginx-capacity"
        self.masters: list[RunningNginx] = []

    def write_config(self, text: str, at: float = 100.0) -> None:
        self.config.write_text(text)
        os.utime(self.config, (at, at))

    def install(self, processes: int, connections: int, changed: int = 100) -> None:
        found = Workers(processes, connections, str(self.config), changed)
        self.record.write_text(workers.format_record(found))

    def reader(self, setting: int = 0) -> CapacityReader:
        return CapacityReader(setting, record=self.record, running=lambda: self.masters, cpus=lambda: 4)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_the_setting_comes_first(host: Host) -> None:
    """Whatever nginx says."""
    host.install(2, 768)

    assert host.reader(4000).read(7, 0.0) == Capacity(4000, "setting")


def test_the_installer_has_followed_the_includes(host: Host) -> None:
    """Its number counts as long as nginx.conf is the one that it saw; then the file itself does."""
    host.write_config("worker_processes 2; include workers.conf;")
    host.install(2, 1000)
    reader = host.reader()
    assert reader.read(7, 0.0) == Capacity(2000, "nginx")

    host.write_config("worker_processes auto; events { worker_connections 100; }", at=300.0)

    assert reader.read(7, 29.9) == Capacity(2000, "nginx")
    assert reader.read(7, 30.0) == Capacity(400, "nginx")


def test_the_running_nginx_counts_its_workers(host: Host) -> None:
    """`worker_processes auto` means the processors of another container sometimes."""
    host.write_config("worker_processes auto; events { worker_connections 100; }")
    host.masters = [RunningNginx(7, str(host.config), 3)]

    assert host.reader().read(7, 0.0) == Capacity(300, "nginx")
    host.masters = [RunningNginx(7, str(host.config), 0)]
    assert host.reader().read(7, 0.0) == Capacity(400, "nginx")


def test_a_file_that_cannot_be_read_leaves_what_was_installed(host: Host) -> None:
    """And without that, what was seen."""
    host.masters = [RunningNginx(7, str(host.config), 3)]
    reader = host.reader()

    assert [reader.read(slots, 0.0) for slots in (0, 7, 5)] == [
        Capacity(0, "unknown"), Capacity(7, "learnt"), Capacity(7, "learnt"),
    ]  # fmt: skip
    host.install(2, 768)
    assert reader.read(5, 30.0) == Capacity(3 * 768, "nginx")
    host.masters = []
    assert reader.read(5, 60.0) == Capacity(2 * 768, "nginx")


def test_two_masters_prove_nothing(host: Host) -> None:
    """Which of them has the port is not seen here."""
    host.write_config("events { worker_connections 100; }")
    host.masters = [RunningNginx(7, str(host.config), 3), RunningNginx(8, str(host.config), 3)]

    assert host.reader().read(5, 0.0) == Capacity(5, "learnt")


def test_only_a_configured_capacity_is_a_limit() -> None:
    """What was seen may be a tenth of what is possible."""
    sources = ("setting", "nginx", "learnt", "unknown")

    assert [Capacity(5, source).is_known for source in sources] == [True, True, False, False]
