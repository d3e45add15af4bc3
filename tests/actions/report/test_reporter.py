"""reporter: bans handed in, and what its thread does with them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.actions.report import queue, reporter, thread
from ideolab_f2b.actions.report.reporter import Reporter

INFO = {"ip": "198.51.100.7", "time": 100.0, "bantime": 600, "failures": 1, "matches": ""}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reporter]:
    monkeypatch.setattr(thread, "TICK_S", 0.02)
    settings = tmp_path / "f2b.conf"
    settings.write_text(
        f"[origin]\ncymru_host =\nipwhois = 0\n[paths]\nlog_dir = {tmp_path}\nstate_dir = {tmp_path}\n"
        f"textfile_dir = {tmp_path}\n"
    )
    one = Reporter(settings, tmp_path / "state")
    yield one
    while one._jails:
        one.leave()


def events(directory: Path) -> list[dict[str, Any]]:
    path = directory / "connmon_events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_events_come_in_a_quiet_moment(made: Reporter, tmp_path: Path) -> None:
    """And the queue is empty again."""
    made.enter("sshd")
    made.put("ban", "j", INFO)
    wait_until(lambda: len(events(tmp_path)) == 1 and made.depth == 0, "the event is missing")

    assert events(tmp_path)[0]["jail"] == "j"
    assert list((tmp_path / "state").glob("spool.*")) == []


def test_a_stop_writes_what_waits(made: Reporter, tmp_path: Path) -> None:
    """When the last jail leaves; a jail that comes again starts it anew."""
    made.enter("sshd")
    made.enter("sshd")
    made.leave()
    made.put("ban", "j", INFO)
    made.leave()
    assert len(events(tmp_path)) == 1

    made.enter("sshd")
    made.put("unban", "j", INFO)
    made.leave()
    assert [event["type"] for event in events(tmp_path)] == ["ban", "unban"]
    assert "ideolab_f2b_queue_depth 0.0" in (tmp_path / "ideolab_f2b.prom").read_text()


class Meddler:
    """A lock; once it is free, somebody else is faster."""

    def __init__(self, lock: Any, faster: Callable[[], None]) -> None:
        self._lock, self._faster = lock, [faster]

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()
        if self._faster:
            self._faster.pop()()


def test_a_jail_that_comes_while_the_last_one_leaves(made: Reporter, tmp_path: Path) -> None:
    """The thread of before ends, and not the new one."""
    made.enter("sshd")
    before = made._thread
    made._lock = Meddler(made._lock, lambda: made.enter("nginx"))  # type: ignore[assignment]
    made.leave()

    assert before is not None
    assert not before.is_alive()
    assert not made._stop.is_set()
    made.put("ban", "j", INFO)
    wait_until(lambda: len(events(tmp_path)) == 1, "the event")


def test_a_full_queue_is_written_without_origins(
    made: Reporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit nobody is asked; beyond that of the disk a ban is lost, and counted."""
    monkeypatch.setattr(thread, "MOST_LOOKED_UP", 2)
    monkeypatch.setattr(queue, "MOST_ON_DISK", 4)
    made._queue.open()
    for _each in range(6):
        made.put("ban", "j", INFO)
    made.enter("sshd")
    made.leave()

    text = (tmp_path / "ideolab_f2b.prom").read_text()
    assert [event["raw"] for event in events(tmp_path)] == [{"origin_source": "skipped"}] * 4
    assert 'events_total{result="without_origin"} 4.0' in text
    assert 'events_total{result="lost"} 2.0' in text


def test_a_disk_that_takes_nothing(made: Reporter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So many wait in memory, the others are lost and counted; it is said once."""
    said: list[str] = []
    monkeypatch.setattr(
        logging.getLogger("fail2ban.ideolab-report"), "error", lambda *words: said.append(words[1])
    )
    monkeypatch.setattr(queue, "MOST_IN_MEMORY", 3)
    (tmp_path / "state").write_text("no directory")
    for _each in range(5):
        made.put("ban", "j", INFO)

    assert (made.depth, json.loads(made.stats())["lost"]) == (3, 2)
    assert len(said) == 2
    assert json.loads(made.stats())["complaints"] == sorted(said)


def test_the_installers_trial_leaves_no_trace(
    made: Reporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its throw-away server runs on the real host."""
    monkeypatch.setenv(reporter.TRIAL, "1")
    made.enter("sshd")
    made.leave()

    assert [path.name for path in tmp_path.iterdir()] == ["f2b.conf"]


def test_one_for_each_pair_of_paths(tmp_path: Path) -> None:
    """All jails of a server share it."""
    assert reporter.get(tmp_path, tmp_path) is reporter.get(tmp_path, tmp_path)
    assert reporter.get(tmp_path, tmp_path) is not reporter.get(tmp_path, tmp_path / "x")
