"""service, batch by batch in this process: what it does when only a part of it works."""

from __future__ import annotations

import socket
import time
from collections import Counter
from pathlib import Path

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake import kind
from ideolab_f2b.intake.limits.budget import Budget
from ideolab_f2b.intake.limits.collapse import Collapse
from ideolab_f2b.intake.limits.share import Served, Share
from ideolab_f2b.intake.log_file import LogFile
from ideolab_f2b.intake.nginx_socket import NginxSocket
from ideolab_f2b.intake.pipeline import Grammar, Pipeline
from ideolab_f2b.intake.service import Service

HEADER = b"<190>Nov 22 15:34:01 nginx: "
GOOD = HEADER + b"2026/11/22 15:34:01 [info] 7#7: *1 client timed out, client: 192.0.2.7, server: x"
ALERT = HEADER + b"2026/11/22 15:34:01 [alert] 7#7: 512 worker_connections are not enough"
FOREIGN = HEADER + b'192.0.2.7 - - [22/Nov/2026:15:34:01 +0000] "GET /" 408 0'


@pytest.fixture
def service(nginx_socket: NginxSocket, place: Path, complaint: Complaint) -> Service:
    """With the error log alone, into error.log of the place."""
    counts: Counter[str] = Counter()
    served = Served()
    pipeline = Pipeline(
        Grammar(kind.classify_error, kind.write_error),
        Share(served),
        Collapse(50, 5000),
        Budget(1_000_000),
        LogFile(place / "error.log", complaint),
        counts,
    )
    prom = place / "intake.prom"
    alert = place / "alert"
    return Service(
        nginx_socket, {b"nginx": pipeline}, b"nginx_served", served, prom, complaint, counts, alert
    )


def send(nginx_socket: NginxSocket, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nginx:
        nginx.connect(str(nginx_socket.path))
        for data in datagrams:
            nginx.send(data)


def test_without_prometheus_client_the_lines_go_on(
    service: Service, nginx_socket: NginxSocket, place: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The missing library is named."""

    def missing(*_arguments: object) -> None:
        raise metrics.MetricsUnavailableError("install it")

    monkeypatch.setattr(metrics, "write", missing)
    send(nginx_socket, GOOD)

    assert (service.run_once(), service.run_once()) == (1, 0)
    assert (place / "error.log").read_bytes() == GOOD[len(HEADER) :] + b"\n"
    assert said == ["intake: install it"]


def test_an_access_log_without_a_tag_is_told(
    service: Service, nginx_socket: NginxSocket, place: Path, said: list[str]
) -> None:
    """It comes as the error log does, and is no line of that."""
    send(nginx_socket, FOREIGN, GOOD, FOREIGN)
    service.run_once()

    assert (place / "error.log").read_bytes().count(b"\n") == 1
    assert said == [
        'intake: tag=nginx came with a line of another log: "192.0.2.7 - - [22/Nov/2026:15:34:01 +0000] '
        '\\x22GET /\\x22 408 0"'
    ]


def test_success_stands_still_while_lines_are_lost(
    service: Service, nginx_socket: NginxSocket, place: Path
) -> None:
    """The metric of the last success is what an alert looks at."""
    (place / "error.log").symlink_to("/dev/full")
    send(nginx_socket, GOOD)
    service.run_once()

    text = (place / "intake.prom").read_text()
    assert 'ideolab_f2b_intake_lines_total{result="lost"} 1.0\n' in text
    assert 'ideolab_f2b_last_success_timestamp_seconds{job="intake"} 0.0\n' in text


def test_an_alert_gets_into_a_file_at_most_once_a_second(
    service: Service, nginx_socket: NginxSocket, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full nginx makes thousands a second; connmon looks at the time of the file."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    alert = place / "alert"
    send(nginx_socket, GOOD)
    service.run_once()
    assert not alert.exists()

    send(nginx_socket, ALERT, ALERT)
    service.run_once()
    assert time.time() - float(alert.read_text()) < 60
    assert alert.stat().st_mode & 0o777 == 0o644

    alert.unlink()
    send(nginx_socket, ALERT)
    service.run_once()
    assert not alert.exists()

    clock[0] = 101.0
    service.run_once()
    assert alert.exists()
    alert.unlink()
    clock[0] = 102.0
    service.run_once()
    assert not alert.exists()


def test_a_file_that_cannot_be_written_stops_no_line(
    service: Service, nginx_socket: NginxSocket, place: Path, said: list[str]
) -> None:
    """It is said, and what fail2ban reads goes on."""
    (place / "alert").mkdir()
    send(nginx_socket, ALERT, GOOD)
    service.run_once()

    assert (place / "error.log").read_bytes() == GOOD[len(HEADER) :] + b"\n"
    assert [line.partition(":")[2].partition(":")[0] for line in said] == [
        " connmon does not get nginx's alert"
    ]
