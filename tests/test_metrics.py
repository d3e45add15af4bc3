"""metrics: the text node_exporter reads, and the file it finds."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import metrics

SAMPLES = [
    metrics.gauge("ideolab_connmon_established_443", "Established connections.", 3),
    metrics.Sample("ideolab_f2b_bans_total", "Bans.", "counter", ("jail",), {("a",): 2.0, ('q"\n',): 1.0}),
]
TEXT = b"""# HELP ideolab_connmon_established_443 Established connections.
# TYPE ideolab_connmon_established_443 gauge
ideolab_connmon_established_443 3.0
# HELP ideolab_f2b_bans_total Bans.
# TYPE ideolab_f2b_bans_total counter
ideolab_f2b_bans_total{jail="a"} 2.0
ideolab_f2b_bans_total{jail="q\\"\\n"} 1.0
"""


def test_exposition_text() -> None:
    """Gauges and counters, no _created series, labels escaped."""
    assert metrics.render(SAMPLES) == TEXT


def test_the_file_is_readable_whatever_the_umask(tmp_path: Path) -> None:
    """fail2ban's umask is 077 and node_exporter is another user."""
    path = tmp_path / "ideolab_connmon.prom"
    before = os.umask(0o077)
    try:
        metrics.write(path, SAMPLES)
    finally:
        os.umask(before)

    assert path.read_bytes() == TEXT
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == [path.name]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scrape between two writes never sees half a file, and nothing is left lying about."""
    path = tmp_path / "ideolab_connmon.prom"
    path.write_text("old\n")

    def full(_descriptor: int, _mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(OSError, match="No space left"):
        metrics.write(path, SAMPLES)

    assert path.read_text() == "old\n"
    assert os.listdir(tmp_path) == [path.name]


def test_without_the_library_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without prometheus_client is told what to install."""
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(metrics.MetricsUnavailableError, match="python3-prometheus-client"):
        metrics.render(SAMPLES)


def test_a_histogram() -> None:
    """Buckets that add up, a count and a sum; nothing about when it was made."""
    known = metrics.Distribution(((0.5, 1.0), (1.0, 3.0)), 4.0, 7.5)
    sample = metrics.Sample("ideolab_f2b_ban_latency_seconds", "Time.", "histogram", (), {}, {(): known})

    assert metrics.render([sample]).decode().splitlines()[1:] == [
        "# TYPE ideolab_f2b_ban_latency_seconds histogram",
        'ideolab_f2b_ban_latency_seconds_bucket{le="0.5"} 1.0',
        'ideolab_f2b_ban_latency_seconds_bucket{le="1.0"} 3.0',
        'ideolab_f2b_ban_latency_seconds_bucket{le="+Inf"} 4.0',
        "ideolab_f2b_ban_latency_seconds_count 4.0",
        "ideolab_f2b_ban_latency_seconds_sum 7.5",
    ]


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Also labels that had to be escaped."""
    path = tmp_path / "a.prom"
    labels = ("sshd", 'q"}\\\n x')
    metrics.write(path, [metrics.Sample("a_total", "A.", "counter", ("jail", "set"), {labels: 2e9})])

    assert metrics.read(path) == {"a_total": {(("jail", "sshd"), ("set", 'q"}\\\n x')): 2e9}}


@pytest.mark.parametrize("text", ["", "# HELP a b", "a", 'a{b="c} 1', "a nan", "a{b=} x", "\0\xff"])
def test_what_is_no_metric_is_passed_over(text: str) -> None:
    """Somebody else may write in that directory."""
    assert metrics.parse(text) == {}


def test_only_files_are_read(tmp_path: Path) -> None:
    """A FIFO would hold the thread for ever, a link would be followed by root."""
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    (tmp_path / "a.prom").write_text("a_total 1\n")
    link.symlink_to(tmp_path / "a.prom")

    assert [metrics.read(path) for path in (fifo, link, tmp_path / "none")] == [{}, {}, {}]
