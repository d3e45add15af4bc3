"""thread: turns until a stop, a last one then, and what a failing turn does to the next."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b.actions.report.queue import RecordQueue
from ideolab_f2b.actions.report.thread import ReportThread
from ideolab_f2b.complaint import Complaint

INFO = {"ip": "198.51.100.7", "time": 100.0, "bantime": 600, "failures": 1, "matches": ""}


def make(directory: Path, text: str = "") -> tuple[ReportThread, RecordQueue, list[str]]:
    said: list[str] = []
    settings = directory / "f2b.conf"
    settings.write_text(
        text
        or f"[origin]\ncymru_host =\nipwhois = 0\n[paths]\nlog_dir = {directory}\nstate_dir = {directory}\n"
        f"textfile_dir = {directory}\n"
    )
    complaint = Complaint(said.append, 600.0)
    queue = RecordQueue(directory / "state", complaint)
    notice = Complaint(lambda text: said.append(f"notice: {text}"), float("inf"))
    return ReportThread(settings, directory / "state", queue, complaint, notice), queue, said


def ended() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def events(directory: Path) -> list[dict[str, Any]]:
    path = directory / "connmon_events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_last_turn_empties_the_queue(tmp_path: Path) -> None:
    """A jail that came has its series, and the spool is the next process's."""
    thread, queue, said = make(tmp_path)
    thread.new_jails.append("sshd")
    queue.put("ban", "j", INFO)
    thread.run(ended())

    assert [(event["type"], event["jail"]) for event in events(tmp_path)] == [("ban", "j")]
    assert 'ideolab_f2b_unbans_total{jail="sshd"} 0.0' in (tmp_path / "ideolab_f2b.prom").read_text()
    assert (queue.depth, queue.spool.is_open, thread.worker, said) == (0, False, None, [])


def test_a_host_without_a_network_says_so_once(tmp_path: Path) -> None:
    """As a notice: nothing is broken, and the bans have their events."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        text = (
            f"[origin]\ncymru_host = 127.0.0.1\ncymru_port = {port}\nipwhois = 0\n"
            f"[paths]\nlog_dir = {tmp_path}\nstate_dir = {tmp_path}\ntextfile_dir = {tmp_path}\n"
        )
        thread, queue, said = make(tmp_path, text)
        for _start in range(2):
            queue.put("ban", "j", INFO)
            thread.run(ended())

    (line,) = said
    assert line.startswith("notice: some addresses have no AS and no country: 127.0.0.1:")
    assert len(events(tmp_path)) == 2


def test_a_cut_record_is_lost_and_counted(tmp_path: Path) -> None:
    """The others of its segment are written."""
    thread, queue, said = make(tmp_path)
    queue.put("ban", "j", INFO)
    queue.spool.append(b'["half')
    thread.run(ended())

    assert len(events(tmp_path)) == 1
    assert said == ["1 records of a killed server were cut off and are lost"]
    assert 'events_total{result="lost"} 1.0' in (tmp_path / "ideolab_f2b.prom").read_text()


def test_a_turn_that_fails_keeps_what_waits(tmp_path: Path) -> None:
    """On disk and in memory; the next start, where the log can be written again, has both."""
    thread, queue, said = make(tmp_path)
    (tmp_path / "state").write_text("no directory")
    queue.put("ban", "in memory", INFO)
    (tmp_path / "state").unlink()
    queue.put("ban", "on disk", INFO)
    (tmp_path / "connmon_events.jsonl").mkdir()
    thread.run(ended())
    assert queue.depth == 2
    assert any("connmon_events.jsonl" in text for text in said)
    assert thread.export.success > 0

    (tmp_path / "connmon_events.jsonl").rmdir()
    thread.run(ended())
    assert [event["jail"] for event in events(tmp_path)] == ["in memory", "on disk"]


def test_bad_settings_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread goes on with the defaults; here nothing of those is written."""
    thread, _queue, said = make(tmp_path, "[nonsense]\n")
    monkeypatch.setattr(thread, "_open_lookup", lambda: None)
    worker = thread._begin()

    assert said == [
        f"{tmp_path}/f2b.conf: there is no section [nonsense]; it knows [connmon], [firewall], [intake], "
        "[origin], [geo], [asn], [visitors] and [paths]"
    ]
    assert thread.worker is worker
