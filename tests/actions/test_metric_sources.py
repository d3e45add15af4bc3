"""Who registers is collected; who leaves takes nothing that was counted along."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ideolab_f2b.actions import metric_sources
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.metrics import Sample


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A registry of this test."""
    monkeypatch.setattr(metric_sources, "_sources", {})
    monkeypatch.setattr(metric_sources, "_kept", [])
    monkeypatch.setattr(metric_sources, "_errors", {})
    monkeypatch.setattr(metric_sources, "_last", {})
    monkeypatch.setattr(metric_sources, "_complaint", Complaint(metric_sources._log.error, 600.0))
    yield


def collect() -> list[Sample]:
    """What the sources gave, without the count of their errors."""
    return [sample for sample in metric_sources.collect() if sample.name != metric_sources.ERRORS]


def errors() -> dict[tuple[str, ...], float]:
    """The count of errors by source, as it is exported."""
    (found,) = (sample for sample in metric_sources.collect() if sample.name == metric_sources.ERRORS)
    assert (found.kind, found.labels) == ("counter", ("source",))
    return dict(found.values)


def counter(value: float, jail: str = "a") -> Sample:
    return Sample("bans_total", "Bans.", "counter", ("jail",), {(jail,): value})


def gauge(value: float) -> Sample:
    return Sample("active", "Now.", "gauge", (), {(): value})


def test_one_sample_for_each_metric() -> None:
    """Of several jails: labels side by side, the same labels added."""
    metric_sources.add("a", lambda: [counter(2, "a"), gauge(5)])
    metric_sources.add("b", lambda: [counter(3, "b"), gauge(7)])

    assert collect() == [
        Sample("bans_total", "Bans.", "counter", ("jail",), {("a",): 2, ("b",): 3}),
        Sample("active", "Now.", "gauge", (), {(): 12}),
    ]


def test_a_source_that_fails_is_counted_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """The others are written all the same; fail2ban.log says once why."""

    def fail() -> list[Sample]:
        raise OSError("no kernel")

    metric_sources.add("bad", fail)
    metric_sources.add("a", lambda: [gauge(5)])

    assert collect() == [gauge(5)]
    assert collect() == [gauge(5)]
    assert errors() == {("bad",): 3.0, ("a",): 0.0}
    assert caplog.messages == ["no metrics of bad: OSError('no kernel')"]


def test_errors_of_a_source_that_is_gone_stay() -> None:
    """A last question that fails is counted too; the counter never steps back."""

    def fail() -> list[Sample]:
        raise OSError("no kernel")

    metric_sources.add("bad", fail)
    metric_sources.remove("bad")

    assert errors() == {("bad",): 1.0}


def test_nothing_without_a_source() -> None:
    """A server without our actions has no metric of theirs."""
    assert metric_sources.collect() == []


def test_counters_of_a_jail_that_is_gone_stay() -> None:
    """A counter that steps back would be a restart; a gauge of nobody would be a lie."""
    metric_sources.add("a", lambda: [counter(2), gauge(5)])
    metric_sources.remove("a")
    assert collect() == [counter(2)]

    metric_sources.add("a", lambda: [counter(1), gauge(4)])
    assert collect() == [counter(3), gauge(4)]
    metric_sources.remove("a")
    metric_sources.remove("a")
    metric_sources.remove("never there")
    assert collect() == [counter(3)]


def test_the_same_name_again_replaces() -> None:
    """An action that is started twice is counted once."""
    metric_sources.add("a", lambda: [gauge(5)])
    metric_sources.add("a", lambda: [gauge(6)])

    assert collect() == [gauge(6)]


def test_counters_of_a_source_that_fails_stay() -> None:
    """A sum without labels would fall, and be taken for a restart; a gauge of before would be a lie."""
    works = [True, False, True, False]

    def tell() -> list[Sample]:
        if works.pop(0):
            return [counter(100), gauge(5)]
        raise OSError("no kernel")

    metric_sources.add("a", tell)
    metric_sources.add("b", lambda: [counter(7)])

    assert collect() == [counter(107), gauge(5)]
    assert collect() == [counter(107)]
    assert collect() == [counter(107), gauge(5)]
    metric_sources.remove("a")
    assert collect() == [counter(107)]


def test_counters_of_a_replaced_source_are_not_told_again() -> None:
    """What failed is another source, which never told anything."""

    def fail() -> list[Sample]:
        raise OSError("no kernel")

    metric_sources.add("a", lambda: [counter(100)])
    assert collect() == [counter(100)]
    metric_sources.add("a", fail)

    assert collect() == []


def test_a_source_that_leaves_while_all_are_collected() -> None:
    """It is in the sums at every moment, and once."""
    asked, go_on, found = threading.Event(), threading.Event(), list[Sample]()

    def tell() -> list[Sample]:
        asked.set()
        go_on.wait(5)
        return [counter(100)]

    metric_sources.add("a", tell)
    leaving = threading.Thread(target=metric_sources.remove, args=("a",))
    leaving.start()
    assert asked.wait(5)
    collecting = threading.Thread(target=lambda: found.extend(collect()))
    collecting.start()
    collecting.join(0.2)
    go_on.set()
    leaving.join(5)
    collecting.join(5)

    assert found == [counter(100)]
    assert collect() == [counter(100)]
