"""writer: lines, events and gauges; and what is left of them on a bad day."""

from __future__ import annotations

import json
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.complaint import AGAIN_S, Complaint
from ideolab_f2b.config import Paths
from ideolab_f2b.connmon.output.writer import PIECE, Writer
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect, Suspects
from ideolab_f2b.connmon.tick import PortTick

SUSPECT = Suspect("198.51.100.10", "ip", 2, 40, 1, {"mute": 40}, ("40 mute",))


def tick(when: float, *suspects: Suspect) -> list[PortTick]:
    """What one tick saw of port 443."""
    return [PortTick(when, 443, Findings(list(suspects), {"mute": 40}, 40, 40), 0.0)]


@pytest.fixture
def said() -> list[str]:
    """What the complaints said."""
    return []


@pytest.fixture
def now() -> list[float]:
    """The time of day of the complaints, as their only element."""
    return [100.0]


@pytest.fixture
def writer(tmp_path: Path, said: list[str], now: list[float]) -> Writer:
    """A writer into tmp_path."""
    complaint = Complaint(lambda text: said.append(f"connmon: {text}"), AGAIN_S, lambda: now[0])
    return Writer(Paths(tmp_path, tmp_path, tmp_path), complaint)


def test_a_suspect_is_a_line_an_event_and_a_gauge(writer: Writer, tmp_path: Path, said: list[str]) -> None:
    """One tick, three files."""
    writer.write(tick(100.0, SUSPECT))

    assert (tmp_path / "connmon.log").read_text().startswith("1970-01-01T00:01:40.000+0000 connmon: suspect")
    assert json.loads((tmp_path / "connmon_events.jsonl").read_text())["reason"] == "40 mute"
    assert "ideolab_connmon_suspect_ips 1.0\n" in (tmp_path / "ideolab_connmon.prom").read_text()
    assert said == []


def test_a_suspect_that_stays_does_not_fill_the_log(writer: Writer, tmp_path: Path) -> None:
    """Twenty ticks in 95 s are three lines; a break starts anew."""
    for number in range(20):
        writer.write(tick(100.0 + 5 * number, SUSPECT))
    assert len((tmp_path / "connmon.log").read_text().splitlines()) == 3

    writer.write(tick(200.0))
    writer.write(tick(205.0, SUSPECT))
    assert len((tmp_path / "connmon.log").read_text().splitlines()) == 4


def test_with_observe_no_jail_reads_it(tmp_path: Path) -> None:
    """Another log, another kind of line and of event; the gauges are the same."""
    complaint = Complaint(lambda _text: None, AGAIN_S)
    Writer(Paths(tmp_path, tmp_path, tmp_path), complaint, is_observing=True).write(tick(100.0, SUSPECT))

    assert not (tmp_path / "connmon.log").exists()
    assert " connmon: observed 198.51.100.10 " in (tmp_path / "connmon-observed.log").read_text()
    assert json.loads((tmp_path / "connmon_events.jsonl").read_text())["type"] == "observed"
    assert "ideolab_connmon_suspect_ips 1.0\n" in (tmp_path / "ideolab_connmon.prom").read_text()


def test_what_was_written_is_noted(tmp_path: Path) -> None:
    """Who became a suspect is new once, and what could not be written comes later."""
    noted: list[tuple[list[str], set[str]]] = []
    writer = Writer(
        Paths(tmp_path, tmp_path, tmp_path),
        Complaint(lambda _text: None, AGAIN_S),
        note=lambda found, new, _when: noted.append(([one.address for one in found], new)),
    )
    (tmp_path / "connmon.log").mkdir()
    writer.write(tick(100.0, SUSPECT))
    assert noted == []

    (tmp_path / "connmon.log").rmdir()
    for when in (105.0, 110.0):
        writer.write(tick(when, SUSPECT))
    assert noted == [([SUSPECT.address], {SUSPECT.address}), ([SUSPECT.address], set())]


def test_many_suspects_are_written_in_pieces(writer: Writer, tmp_path: Path) -> None:
    """A line, an event and a mark for each; those that are made when asked for are not kept."""
    names = [f"10.0.{number >> 8}.{number & 255}" for number in range(5 * PIECE + 10)]
    alive = most = 0

    def forget() -> None:
        nonlocal alive
        alive -= 1

    def make(name: str) -> Suspect:
        nonlocal alive, most
        one = replace(SUSPECT, address=name)
        weakref.finalize(one, forget)
        alive += 1
        most = max(most, alive)
        return one

    for at in (100.0, 101.0, 106.0):
        writer.write([PortTick(at, 443, Findings(Suspects(names, make)), 0.0)])

    lines = (tmp_path / "connmon.log").read_text().splitlines()
    assert [line.split()[3] for line in lines] == names * 2
    assert len((tmp_path / "connmon_events.jsonl").read_text().splitlines()) == 2 * len(names)
    assert most <= 3 * PIECE


def test_a_line_that_cannot_be_written_comes_at_the_next_tick(
    writer: Writer, tmp_path: Path, said: list[str]
) -> None:
    """The error is said once, the gauges go on, and no suspect is lost."""
    (tmp_path / "connmon.log").mkdir()
    writer.write(tick(100.0, SUSPECT))
    assert said == [f"connmon: [Errno 21] Is a directory: '{tmp_path}/connmon.log'"]
    assert (tmp_path / "ideolab_connmon.prom").exists()

    (tmp_path / "connmon.log").rmdir()
    writer.write(tick(105.0, SUSPECT))
    assert len((tmp_path / "connmon.log").read_text().splitlines()) == 1


def test_an_event_that_cannot_be_written_does_not_repeat_the_line(
    writer: Writer, tmp_path: Path, said: list[str]
) -> None:
    """Reporting may fail: the jail has its line, and the error is said."""
    (tmp_path / "connmon_events.jsonl").mkdir()
    for number in range(3):
        writer.write(tick(100.0 + 5 * number, SUSPECT))

    assert len((tmp_path / "connmon.log").read_text().splitlines()) == 2
    assert said[0].startswith("connmon: [Errno 21] Is a directory")


def test_without_prometheus_client_the_lines_go_on(
    writer: Writer, tmp_path: Path, said: list[str], now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The missing library is named, once and then each minute."""

    def missing(*_arguments: object) -> None:
        raise metrics.MetricsUnavailableError("install it")

    monkeypatch.setattr(metrics, "write", missing)
    for number in range(26):
        now[0] = 100.0 + 5 * number
        writer.write(tick(now[0], SUSPECT))

    assert said == ["connmon: install it"] * 3
    assert (tmp_path / "connmon.log").exists()


def test_the_same_address_in_two_namespaces(writer: Writer, tmp_path: Path) -> None:
    """Each server has its own suspects; one that is in no tick any more is forgotten."""
    (host,) = tick(100.0, SUSPECT)
    inside = host._replace(namespace="lxc:c1", netns=7)
    writer.write([host, inside])
    writer.write([one._replace(when=105.0) for one in (host, inside)])
    writer.write([one._replace(when=110.0) for one in (host, inside)])
    writer.write([host._replace(when=115.0)])
    writer.write([one._replace(when=120.0) for one in (host, inside)])

    lines = (tmp_path / "connmon.log").read_text().splitlines()
    assert [(line[17:19], line.endswith(" in=lxc:c1")) for line in lines] == [
        ("40", False),
        ("40", True),
        ("45", False),
        ("45", True),
        ("00", True),
    ]
    events = (tmp_path / "connmon_events.jsonl").read_text().splitlines()
    assert [json.loads(event)["in"] for event in events] == [None, "lxc:c1", None, "lxc:c1", "lxc:c1"]


def test_findings_that_come_again_are_no_second_look(writer: Writer, tmp_path: Path) -> None:
    """Nobody is written for them, and nobody is forgotten."""
    (first,) = tick(100.0, SUSPECT)
    first = first._replace(namespace="lxc:c1", netns=7)
    writer.write([first])
    writer.write([first._replace(when=101.0, is_again=True)])
    assert len((tmp_path / "connmon.log").read_text().splitlines()) == 1

    for number in range(3):
        writer.write([first._replace(when=105.0 + number)])
    assert len((tmp_path / "connmon.log").read_text().splitlines()) == 2
