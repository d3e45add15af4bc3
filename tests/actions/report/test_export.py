"""export: when the counters are saved and shown, and what happens where they cannot be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.actions.report.export import Export
from ideolab_f2b.actions.report.worker import Worker
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.config import Paths


def make(directory: Path, state: Path) -> tuple[Export, Worker, list[str]]:
    said: list[str] = []
    worker = Worker(Paths(directory, directory, directory), state, None, lambda _took_s: None)
    return Export(Complaint(said.append, 600.0)), worker, said


def test_counters_are_saved_and_shown(tmp_path: Path) -> None:
    """With what the report says about itself."""
    export, worker, said = make(tmp_path, tmp_path)
    worker.state.counters.count_ban("sshd", "ip", "inet")
    export.success = 12.0
    export.write(worker, tmp_path / "a.prom", 3)
    found = metrics.read(tmp_path / "a.prom")

    assert found["ideolab_f2b_bans_total"] == {
        (("family", "inet"), ("jail", "sshd"), ("scope", "ip")): 1.0
    }  # fmt: skip
    assert found["ideolab_f2b_queue_depth"] == {(): 3.0}
    assert found["ideolab_f2b_last_success_timestamp_seconds"] == {(("job", "report"),): 12.0}
    assert [dict(labels)["program"] for labels in found["ideolab_f2b_build_info"]] == ["fail2ban"]
    assert ((tmp_path / "counters.json").exists(), said) == (True, [])


def test_it_is_due_sooner_when_something_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, then after 10 s with a change, after 30 s without."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    export, worker, _said = make(tmp_path, tmp_path)
    assert export.is_due()
    export.write(worker, tmp_path / "a.prom", 0)

    found = []
    for now[0], export.is_changed in ((109.0, True), (110.0, True), (129.0, False), (130.0, False)):
        found.append(export.is_due())
    assert found == [False, True, False, True]


def test_one_failure_does_not_keep_from_the_other(tmp_path: Path) -> None:
    """Counters that cannot be saved are shown; each is said once."""
    export, worker, said = make(tmp_path, tmp_path / "none")
    export.write(worker, tmp_path / "a.prom", 0)
    for _again in range(2):
        export.write(worker, tmp_path / "gone" / "a.prom", 0)

    assert (tmp_path / "a.prom").exists()
    missing = "[Errno 2] No such file or directory"
    assert said == [
        f"counters are not kept over a restart: {missing}: '{tmp_path}/none/counters.json'",
        f"{missing}: '{tmp_path}/gone/a.prom'",
    ]
