"""processes: nginx as a /proc of the test shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.connmon.pressure import processes
from ideolab_f2b.connmon.pressure.processes import RunningNginx

MASTER = b"nginx: master process /usr/sbin/nginx -g daemon on; master_process on;\0"


def process(proc: Path, pid: int, command: bytes, parent: int = 1) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "cmdline").write_bytes(command)
    (proc / str(pid) / "stat").write_bytes(b"%d (ng) x) S %d %d 0\n" % (pid, parent, pid))


def test_workers_are_counted_by_their_parent(tmp_path: Path) -> None:
    """Two masters have their own; other processes are none."""
    process(tmp_path, 7, MASTER)
    process(tmp_path, 9, b"nginx: master process nginx -p /srv/lab -c conf/lab.conf\0")
    for pid, parent in ((10, 7), (11, 7), (12, 9)):
        process(tmp_path, pid, b"nginx: worker process" + b"\0" * 20, parent)
    process(tmp_path, 16, b"nginx: worker process is shutting down\0", 7)
    process(tmp_path, 13, b"nginx: cache manager process\0", 7)
    process(tmp_path, 14, b"vim\0nginx: worker process\0", 7)
    (tmp_path / "self").mkdir()
    (tmp_path / "15").mkdir()

    assert processes.find(tmp_path) == [
        RunningNginx(7, "/etc/nginx/nginx.conf", 2),
        RunningNginx(9, "/srv/lab/conf/lab.conf", 1),
    ]


def test_a_worker_that_ends_meanwhile_is_left_out(tmp_path: Path) -> None:
    """Its files are gone one after the other."""
    process(tmp_path, 7, MASTER)
    process(tmp_path, 8, b"nginx: worker process\0", 7)
    (tmp_path / "8" / "stat").unlink()

    assert processes.find(tmp_path) == [RunningNginx(7, "/etc/nginx/nginx.conf", 0)]


@pytest.mark.parametrize(
    ("words", "config"),
    [
        (b"nginx", "/etc/nginx/nginx.conf"),
        (b"nginx -c /srv/a.conf", "/srv/a.conf"),
        (b"nginx -c/srv/a.conf", "/srv/a.conf"),
        (b"/opt/nginx -p /opt -c nginx.conf", "/opt/nginx.conf"),
        (b"nginx -c 'broken", "/etc/nginx/'broken"),
    ],
)
def test_the_configuration_file(words: bytes, config: str) -> None:
    """The words that nginx was started with."""
    assert processes.config_of(b"nginx: master process " + words + b"\0\0\0") == config
