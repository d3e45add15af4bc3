"""The throw-away site goes on: lines in the file, rows by the import, fresh metrics."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from demo.lab.wait import wait_until
from ideolab_accesslog.demo import live
from ideolab_accesslog.models import ConnmonEvent, EventOffset


def test_events_come_while_it_runs(database: str, tmp_path: Path) -> None:
    """The page finds an import that is not behind, from the start on; in the end the thread is gone."""
    directory = tmp_path / "site"
    directory.mkdir()
    with live.go_on(directory, 3000, Random(1), every_s=0.2):
        wait_until(lambda: ConnmonEvent.objects.count() > 6, "events of the third turn", timeout_s=60)
        wait_until(lambda: (directory / "ideolab_f2b.prom").exists(), "metrics", timeout_s=60)

    lines = (directory / "connmon_events.jsonl").read_text().splitlines()
    assert ConnmonEvent.objects.count() == len(lines)
    assert EventOffset.objects.get().position == (directory / "connmon_events.jsonl").stat().st_size
    assert not (directory / "rejected.jsonl").exists()
    assert ConnmonEvent.objects.order_by("event_id")[0].event_id == "demo-003000"


@pytest.mark.parametrize("lines", [[], [{"id": "a"}, {"id": "b"}]])
def test_lines_of_the_file(tmp_path: Path, lines: list[dict[str, str]]) -> None:
    """One object a line, behind those that are there."""
    path = tmp_path / "events"
    path.write_text("before\n")

    assert live._append(path, lines) == len(lines)
    assert path.read_text() == "before\n" + "".join(f'{{"id": "{line["id"]}"}}\n' for line in lines)
