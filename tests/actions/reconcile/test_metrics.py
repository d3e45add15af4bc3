"""The numbers of the ban action as samples."""

from __future__ import annotations

from ideolab_f2b import metrics
from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.reconcile import metrics as gauges
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.metrics import Sample


def header(name: str, elements: int | None, maxelem: int = 200) -> SetHeader:
    return SetHeader(name, "hash:net", "inet", maxelem, 0, 1, elements, 456, 0)


def test_dropped_packets_count_from_the_start_of_the_process() -> None:
    """What was dropped before is the server before's to count; rules that are put anew begin at 0."""
    counted = ReconcileCounts()
    counted.see_rules(4, {"INPUT": 1000})
    assert counted.dropped == 0

    counted.see_rules(4, {"INPUT": 1010})
    counted.see_rules(6, {"INPUT": 5})
    counted.see_rules(6, {"INPUT": 6})
    assert counted.dropped == 11

    # somebody put the rule anew between two looks
    counted.see_rules(4, {"INPUT": 3})
    assert counted.dropped == 14
    # we did
    counted.begin_rules(4, ["INPUT", "DOCKER-USER"])
    counted.see_rules(4, {"INPUT": 7, "DOCKER-USER": 2})
    assert counted.dropped == 23
    counted.see_rules(4, {})
    assert counted.dropped == 23


def test_samples_of_the_kernel() -> None:
    """By set; nothing about success before the first pass."""
    counted = ReconcileCounts(drift={"s": 3}, dropped=9)
    counted.add_repairs("s", 2)
    counted.add_repairs("s", 1)
    headers = [header("s", 50), header("s6", None), header("odd", 1, maxelem=0)]

    values = {sample.name: sample.values for sample in gauges.kernel(counted, headers)}

    assert values == {
        "ideolab_f2b_kernel_elements": {("s",): 50.0, ("s6",): 0.0, ("odd",): 1.0},
        "ideolab_f2b_set_fill_ratio": {("s",): 0.25, ("s6",): 0.0},
        "ideolab_f2b_drift_elements": {("s",): 3.0},
        "ideolab_f2b_repairs_total": {("s",): 3.0},
        "ideolab_f2b_dropped_packets_total": {("ideolab_ban",): 9.0},
    }
    counted.succeeded = 1000.0
    assert gauges.kernel(counted, headers)[-1].values == {("reconcile",): 1000.0}


def test_drift_of_sets_that_are_gone_is_forgotten() -> None:
    """Both families."""
    counted = ReconcileCounts(drift={"s": 3, "s6": 1, "old": 2, "old6": 4})
    counted.forget_all_but(["s"])

    assert counted.drift == {"s": 3, "s6": 1}


def test_kernel_that_does_not_count() -> None:
    """nf_tables before Linux 6.16: the last pass has counted; a set that no pass has seen is empty."""
    counted = ReconcileCounts(sizes={"s": 50})
    uncounted = [header(name, 0)._replace(elements=None) for name in ("s", "new")]

    samples = {sample.name: sample.values for sample in gauges.kernel(counted, uncounted)}

    assert samples["ideolab_f2b_kernel_elements"] == {("new",): 0.0, ("s",): 50.0}
    assert samples["ideolab_f2b_set_fill_ratio"] == {("s",): 0.25, ("new",): 0.0}


def test_packets_of_rules_that_match_one_set_each() -> None:
    """nf_tables: by set, from the start of the process; a set that was made anew begins at 0."""
    counted = ReconcileCounts()
    for packets in (100, 130, 7):
        counted.see_sets(4, {"s": packets})
    counted.see_sets(6, {"s6": 5})

    samples = {sample.name: sample.values for sample in gauges.kernel(counted, [])}
    assert samples["ideolab_f2b_dropped_packets_total"] == {
        ("ideolab_ban",): 0.0, ("s",): 37.0, ("s6",): 0.0,
    }  # fmt: skip


def test_samples_of_a_jail() -> None:
    """Jail and family are labels, an address never is."""
    samples = gauges.jail(
        "j", {"inet": 2, "inet6": 1}, {"refused": 3, "aggregated": 6, "errors": 4, "bans": 9}, 5
    )

    assert [(sample.name, sample.kind, sample.values) for sample in samples] == [
        ("ideolab_f2b_active_bans", "gauge", {("j", "inet"): 2.0, ("j", "inet6"): 1.0}),
        ("ideolab_f2b_refused_total", "counter", {("j",): 3.0}),
        ("ideolab_f2b_aggregates_total", "counter", {("j",): 6.0}),
        ("ideolab_f2b_ban_errors_total", "counter", {("j",): 4.0}),
        ("ideolab_f2b_sockets_destroyed_total", "counter", {(): 5.0}),
    ]
    assert all(isinstance(sample, Sample) for sample in samples)


def test_they_can_be_written() -> None:
    """As node_exporter reads them, beside those of other jails."""
    counted = ReconcileCounts(drift={"s": 3}, succeeded=1000.0)
    counted.add_repairs("s", 2)
    jails = [
        sample
        for name in ("one", "two")
        for sample in gauges.jail(
            name, {"inet": 2, "inet6": 1}, {"refused": 3, "aggregated": 6, "errors": 4}, 5
        )
    ]

    lines = metrics.render(
        metric_sources.merge([*gauges.kernel(counted, [header("s", 50)]), *jails])
    ).decode()

    written = [line for line in lines.splitlines() if not line.startswith("#")]
    assert written == [
        'ideolab_f2b_kernel_elements{set="s"} 50.0',
        'ideolab_f2b_set_fill_ratio{set="s"} 0.25',
        'ideolab_f2b_drift_elements{set="s"} 3.0',
        'ideolab_f2b_repairs_total{set="s"} 2.0',
        'ideolab_f2b_dropped_packets_total{set="ideolab_ban"} 0.0',
        'ideolab_f2b_last_success_timestamp_seconds{job="reconcile"} 1000.0',
        'ideolab_f2b_active_bans{family="inet",jail="one"} 2.0',
        'ideolab_f2b_active_bans{family="inet6",jail="one"} 1.0',
        'ideolab_f2b_active_bans{family="inet",jail="two"} 2.0',
        'ideolab_f2b_active_bans{family="inet6",jail="two"} 1.0',
        'ideolab_f2b_refused_total{jail="one"} 3.0',
        'ideolab_f2b_refused_total{jail="two"} 3.0',
        'ideolab_f2b_aggregates_total{jail="one"} 6.0',
        'ideolab_f2b_aggregates_total{jail="two"} 6.0',
        'ideolab_f2b_ban_errors_total{jail="one"} 4.0',
        'ideolab_f2b_ban_errors_total{jail="two"} 4.0',
        "ideolab_f2b_sockets_destroyed_total 10.0",
    ]
