"""worker: events and counters of a batch, and what happens when one of the two cannot be written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import logline
from ideolab_f2b.actions.report import state
from ideolab_f2b.actions.report.record import Record
from ideolab_f2b.actions.report.worker import Worker
from ideolab_f2b.config import Paths
from ideolab_f2b.origin.origin import Origin

BAN = Record("s-1", "ban", "ideolab-connmon", "198.51.100.7", 1.5, 1.0, 60, 1, "", "")
BATCH = [
    BAN,
    BAN._replace(id="s-2", address="2001:db8::/48"),
    BAN._replace(id="s-3", error="full"),
    BAN._replace(id="s-4", type="unban"),
    BAN._replace(id="s-5", type="restored"),
]


class FakeLookup:
    """Knows one address."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []

    def resolve(self, addresses: set[str], _deadline_s: object) -> dict[str, Origin]:
        self.asked.append(addresses)
        return {
            each: Origin(each, "64500", "X", "FR", None, "cymru") if each == BAN.address else Origin(each)
            for each in addresses
        }

    def counts(self) -> Mapping[tuple[str, str], int]:
        return {("cymru", "hit"): len(self.asked)}

    def complaints(self) -> list[str]:
        return ["told"]

    def describe_failures(self) -> str:
        return "no server"

    def close(self) -> None:
        self.asked.clear()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path, tmp_path, tmp_path)


def worker(paths: Paths, lookup: Any = None) -> Worker:
    made = Worker(paths, paths.log_dir, lookup, lambda _took_s: None)
    made.load()
    return made


def events(paths: Paths) -> list[dict[str, Any]]:
    return [json.loads(line) for line in paths.events.read_text().splitlines()]


def counted(one: Worker) -> dict[str, dict[tuple[str, ...], float]]:
    return {sample.name.split("_f2b_")[-1]: dict(sample.values) for sample in one.state.counters.collect()}


def test_a_batch(paths: Paths) -> None:
    """One question for all addresses, an event each, the counters on disk with the segment's number."""
    lookup = FakeLookup()
    one = worker(paths, lookup)
    one.work(BATCH, 7, False)

    assert lookup.asked == [{"198.51.100.7", "2001:db8::/48"}]
    assert [(event["type"], event["asn"]) for event in events(paths)] == [
        ("ban", "64500"), ("ban", None), ("ban", "64500"), ("unban", "64500"), ("restored", "64500"),
    ]  # fmt: skip
    found = counted(worker(paths))
    assert found["bans_total"] == {
        ("ideolab-connmon", "ip", "inet"): 1.0, ("ideolab-connmon", "net", "inet6"): 1.0
    }  # fmt: skip
    assert found["bans_by_asn_total"] == {("64500",): 1.0, ("other",): 1.0}
    assert found["events_total"] == {("written",): 5.0, ("without_origin",): 0.0, ("lost",): 0.0}
    assert found["origin_lookups_total"] == {("cymru", "hit"): 1.0}
    assert state.load(paths.log_dir, paths.report_prom)[0].done == 7
    assert (one.complaints(), one.describe_failures()) == (["told"], "no server")


def test_too_many_are_not_looked_up(paths: Paths) -> None:
    """And are counted as such."""
    lookup = FakeLookup()
    one = worker(paths, lookup)
    one.work([BAN], 7, True)

    assert (lookup.asked, events(paths)[0]["raw"]) == ([], {"origin_source": "skipped"})
    assert counted(one)["events_total"]["without_origin",] == 1.0


def test_events_are_not_written_twice(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk was full in the middle: what stands there already is passed over, all is counted once."""
    one = worker(paths)
    many = [BAN._replace(id=f"s-{number}") for number in range(120)]
    real, calls = logline.append_all, []

    def full_at_the_second(path: Path, lines: list[str]) -> None:
        calls.append(len(lines))
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(path, lines)

    monkeypatch.setattr(logline, "append_all", full_at_the_second)
    with pytest.raises(OSError, match="No space left"):
        one.work(many, 7, False)
    assert counted(one)["events_total"]["written",] == 0.0
    one.work(many, 7, False)

    assert [event["id"] for event in events(paths)] == [record.id for record in many]
    assert counted(one)["events_total"]["written",] == 120.0


def test_a_killed_server_had_written_them(paths: Paths) -> None:
    """The next one counts them and writes none."""
    worker(paths).work(BATCH, 7, False)
    (paths.log_dir / "counters.json").unlink()
    again = worker(paths)
    again.work(BATCH, 7, False)

    assert len(events(paths)) == 5
    assert counted(again)["events_total"]["written",] == 5.0


def test_counters_that_cannot_be_saved(paths: Paths, tmp_path: Path) -> None:
    """A segment is kept for another try and not counted; what is in memory alone is counted at once."""
    one = Worker(paths, tmp_path / "none", None, lambda _took_s: None)
    one.load()
    with pytest.raises(OSError, match="none"):
        one.work(BATCH, 7, False)
    assert counted(one)["events_total"]["written",] == 0.0
    one.work([BAN._replace(id="m-1")], None, False)
    assert counted(one)["events_total"]["written",] == 1.0


def test_series_that_are_left_out_are_said(paths: Paths) -> None:
    """Beside what the look-ups say."""
    one, alone = worker(paths, FakeLookup()), worker(paths)
    one.state.carried.is_full = alone.state.carried.is_full = True
    text = "there are more than 400 series of counters: the further ones are not in the metrics"

    assert one.complaints() == [text, "told"]
    assert alone.complaints() == [text]
