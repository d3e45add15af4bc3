"""summary: what the daemon keeps of each tick, and what it does on a bad day."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ideolab_f2b.complaint import AGAIN_S, Complaint
from ideolab_f2b.connmon.observe import days_file, summary
from ideolab_f2b.connmon.observe.day import KEPT, Peak
from ideolab_f2b.connmon.observe.honest import HonestClients, Largest
from ideolab_f2b.connmon.observe.summary import LOOK_S, SAVE_S, DailySummary
from ideolab_f2b.connmon.pressure.state import Pressure
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick

NOON = time.mktime((2026, 11, 29, 12, 0, 0, 0, 0, -1))
DAY_S = 86400.0
OFFICE = bytes([198, 51, 100, 1])
HONEST = HonestClients(90, 1, Largest(70, OFFICE), Largest(13, OFFICE), Largest(2, OFFICE), Largest())


class Clock:
    """A clock that a test sets; `cost` is what each search for honest clients costs."""

    def __init__(self) -> None:
        self.now, self.used, self.cost, self.searches = 0.0, 0.0, 0.0, 0

    def search(self) -> HonestClients:
        self.used += self.cost
        self.searches += 1
        return HONEST


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> list[str]:
    return []


def make(path: Path, clock: Clock, said: list[str], *, is_observing: bool = False) -> DailySummary:
    complaint = Complaint(said.append, AGAIN_S)
    return DailySummary(
        path / "x.json",
        complaint,
        is_observing=is_observing,
        clock=lambda: clock.now,
        cpu=lambda: clock.used,
    )


def tick(clock: Clock, when: float, state: str = "calm", port: int = 443, took_s: float = 0.1) -> PortTick:
    pressure = Pressure(state, 100, 512, "nginx", 0, 511, "", 0.0)
    findings = Findings(phases={"partial-hello": 30}, pressure=pressure, find_honest=clock.search)
    return PortTick(when, port, findings, took_s)


def write(one: DailySummary, clock: Clock, seconds: float, every_s: float = 5.0, **options: str) -> None:
    for number in range(int(seconds / every_s) + 1):
        one.write([tick(clock, NOON + clock.now + every_s * (number > 0), **options)])  # type: ignore[arg-type]
        clock.now += every_s


def test_a_minute_of_a_calm_server(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """Time, state, largest numbers with their owners; written once a minute."""
    one = make(tmp_path, clock, said, is_observing=True)
    for _second in range(int(SAVE_S / 5) + 1):
        assert not (tmp_path / "x.json").exists()
        one.write([tick(clock, NOON + clock.now)])
        clock.now += 5.0

    (day,) = days_file.read(tmp_path / "x.json")
    assert (day.date, day.watched_s, day.observed_s, day.states) == ("2026-11-29", 60.0, 60.0, {"calm": 60.0})
    assert day.peaks[summary.SLOTS] == Peak(100, NOON)
    assert day.peaks[summary.CAPACITY].value == 512
    assert day.peaks[summary.ALL_HELLOS].value == 30
    assert day.peaks[summary.CONNECTIONS].address == "198.51.100.1"
    assert (day.peaks[summary.QUIET].value, summary.QUIET_FULL in day.peaks) == (13, False)
    assert (summary.NETWORK in day.peaks, day.peaks[summary.ADDRESSES].value) == (False, 90)


def test_the_quiet_ones_of_a_full_server_are_kept_apart(
    tmp_path: Path, clock: Clock, said: list[str]
) -> None:
    """Another limit holds then; and the worst state of all ports is the host's."""
    one = make(tmp_path, clock, said)
    for when in (NOON, NOON + 5):
        clock.now += 5.0
        one.write([tick(clock, when, "exhausted"), tick(clock, when, "calm", 8443)])
    one.close()

    (day,) = days_file.read(tmp_path / "x.json")
    assert day.peaks[summary.QUIET_FULL].value == 13
    assert day.states == {"exhausted": 5.0}


def test_a_search_that_costs_much_comes_seldom(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """A fiftieth of what the ticks may cost: 50,000 addresses are searched once in 80 s."""
    one = make(tmp_path, clock, said)
    clock.now, clock.cost = 10.0, 0.072
    while clock.now < 810.0:
        one.write([tick(clock, NOON + clock.now)])
        clock.now += 1.0

    assert clock.searches == 10


def test_a_cheap_search_comes_now_and_then(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """And never for findings that only come again."""
    one = make(tmp_path, clock, said)
    clock.now = 10.0
    for _tick in range(9):
        one.write([tick(clock, NOON + clock.now, took_s=0.0)])
        clock.now += LOOK_S
    assert clock.searches == 0

    for _tick in range(9):
        one.write([tick(clock, NOON + clock.now)])
        clock.now += LOOK_S / 3
    assert clock.searches == 3


def test_a_gap_is_no_time_that_was_watched(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """A host that slept, and a clock that was set back."""
    one = make(tmp_path, clock, said)
    for when in (NOON, NOON + 7200, NOON + 3600):
        one.write([tick(clock, when)])
    one.close()

    assert days_file.read(tmp_path / "x.json")[0].watched_s == 60.0


def suspects(count: int) -> list[Suspect]:
    return [Suspect(f"198.51.100.{one}", "ip", 2, 40, 1, {}, rule="mute") for one in range(count)]


def test_a_day_ends(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """Yesterday keeps some suspects, the days before only their numbers, and a week is kept."""
    one = make(tmp_path, clock, said)
    for number in range(9):
        found, when = suspects(KEPT + 9), NOON + number * DAY_S
        one.note_suspects(found, {each.address for each in found}, when)
        one.write([tick(clock, when)])
    one.close()

    days = days_file.read(tmp_path / "x.json")
    assert len(days) == days_file.DAYS
    assert [len(day.suspects) for day in days] == [0] * (days_file.DAYS - 2) + [KEPT, KEPT + 9]
    assert {day.count_suspects() for day in days} == {KEPT + 9}


def test_a_restart_goes_on(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """What was seen before counts, the time between does not."""
    for start in (0.0, 600.0):
        one = make(tmp_path, clock, said)
        for when in (start, start + 5.0):
            one.write([tick(clock, NOON + when)])
        one.close()

    (day,) = days_file.read(tmp_path / "x.json")
    assert (day.watched_s, said) == (10.0, [])


def test_a_damaged_file_is_said_and_begun_anew(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """And kept."""
    (tmp_path / "x.json").write_text('{"version":1,"days":[{"date":"\\u001b[2J"}]}')
    one = make(tmp_path, clock, said)
    one.write([tick(clock, NOON)])
    one.close()

    assert len(days_file.read(tmp_path / "x.json")) == 1
    assert (tmp_path / "x.json.corrupt").exists()
    (text,) = said
    assert text.startswith(f"{tmp_path}/x.json is damaged (")
    assert text.isprintable()


def test_a_file_that_cannot_be_read_or_written_stops_nothing(
    tmp_path: Path, clock: Clock, said: list[str]
) -> None:
    """Each is said once; when it can be written again, it is."""
    (tmp_path / "x.json").mkdir()
    one = make(tmp_path, clock, said)
    for _time in range(3):
        one.write([tick(clock, NOON)])
        one.close()
    assert len(said) == 2
    assert "cannot be read" in said[0]
    assert "cannot be written" in said[1]

    (tmp_path / "x.json").rmdir()
    one.close()
    assert len(days_file.read(tmp_path / "x.json")) == 1


def test_no_tick_is_nothing(tmp_path: Path, clock: Clock, said: list[str]) -> None:
    """No port, no day."""
    one = make(tmp_path, clock, said)
    one.write([])
    one.close()

    assert days_file.read(tmp_path / "x.json") == []
