"""carried_counters: counters of other parts, over the restarts of fail2ban."""

from __future__ import annotations

import json

from ideolab_f2b.actions.report.carried_counters import SERIES, CarriedCounters
from ideolab_f2b.metrics import Sample, Values, gauge

REFUSED, DROPPED = "ideolab_f2b_refused", "ideolab_f2b_dropped_packets_total"


def counter(name: str, value: float, label: str = "j") -> Sample:
    return Sample(name, "X.", "counter", ("x",), {(label,): value})


def after(carried: CarriedCounters, *samples: Sample) -> list[dict[tuple[str, ...], float]]:
    return [dict(sample.values) for sample in carried.apply(samples)]


def restarted(carried: CarriedCounters) -> CarriedCounters:
    return CarriedCounters.from_json(json.loads(json.dumps(carried.to_json())))


def test_a_counter_of_the_process_goes_on() -> None:
    """It begins at zero again, its series does not; also when it is larger than before at once."""
    carried = CarriedCounters()
    assert after(carried, counter(REFUSED, 5), gauge("g", "G.", 1)) == [{("j",): 5.0}, {(): 1.0}]
    assert after(carried, counter(REFUSED, 7)) == [{("j",): 7.0}]
    carried = restarted(carried)
    assert after(carried, counter(REFUSED, 9)) == [{("j",): 16.0}]
    assert after(carried, counter(REFUSED, 1)) == [{("j",): 17.0}]


def test_a_counter_of_the_kernel_is_not_counted_twice() -> None:
    """It counted on while fail2ban was down; after a reboot it begins anew."""
    carried = CarriedCounters()
    after(carried, counter(DROPPED, 100))
    carried = restarted(carried)
    assert after(carried, counter(DROPPED, 130)) == [{("j",): 130.0}]
    assert after(restarted(carried), counter(DROPPED, 10)) == [{("j",): 140.0}]


def test_names_get_their_suffix_and_series_stay() -> None:
    """What a source no longer tells is still there."""
    carried = CarriedCounters()
    after(carried, counter(REFUSED, 5, "gone"))
    [sample] = carried.apply([counter(REFUSED, 1)])

    assert (sample.name, sample.values) == (f"{REFUSED}_total", {("gone",): 5.0, ("j",): 1.0})


def test_it_is_bounded_and_never_below_the_export() -> None:
    """Whatever a source invents."""
    carried = CarriedCounters()
    carried.raise_to(
        {f"{REFUSED}_total": {(("x", "j"),): 40.0}, "own_total": {(): 1.0}, "g": {(): 1.0}}, {"own_total"}
    )
    assert after(carried, counter(REFUSED, 2)) == [{("j",): 42.0}]
    for number in range(500):
        after(carried, counter(REFUSED, 1, str(number)))
    assert len(carried.totals) == SERIES


def test_what_has_no_room_is_noted() -> None:
    """A hundred jails with three counters each have room; a flood of series has not."""
    carried = CarriedCounters()
    for number in range(300):
        after(carried, counter(REFUSED, 1, str(number)))
    assert (len(carried.totals), carried.is_full) == (300, False)
    for number in range(101):
        after(carried, counter(DROPPED, 1, str(number)))
    assert (len(carried.totals), carried.is_full) == (400, True)

    exported: Values = {f"{REFUSED}_total": {(("x", str(number)),): 1.0 for number in range(401)}}
    loaded = CarriedCounters()
    loaded.raise_to(exported, ())
    assert (len(loaded.totals), loaded.is_full) == (400, True)
