"""counters: what is counted, how many series it makes, and that it never goes back."""

from __future__ import annotations

import json

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.actions.report.counters import JAILS, LOOKUPS, Counters


def filled() -> Counters:
    counters = Counters()
    counters.count_ban("ideolab-connmon", "ip", "inet")
    counters.count_ban("ideolab-connmon-net", "net", "inet6")
    counters.count_ban("sshd", "ip", "inet")
    counters.count_origin("FR", "64500")
    counters.count_origin(None, None)
    counters.count_unban("sshd")
    counters.count_restored_ban("sshd")
    counters.count_events("written", 4)
    counters.count_lookups({("cymru", "hit"): 3})
    counters.count_delays([0.3])
    return counters


def lines(counters: Counters) -> list[str]:
    text = metrics.render(counters.collect()).decode()
    return [line for line in text.splitlines() if not line.startswith("#") and "bucket" not in line]


def test_the_text() -> None:
    """Labels are jail, scope, family, country, asn: never an address."""
    assert lines(filled()) == [
        "ideolab_connmon_bans_total 2.0",
        'ideolab_f2b_bans_total{family="inet",jail="ideolab-connmon",scope="ip"} 1.0',
        'ideolab_f2b_bans_total{family="inet6",jail="ideolab-connmon-net",scope="net"} 1.0',
        'ideolab_f2b_bans_total{family="inet",jail="sshd",scope="ip"} 1.0',
        'ideolab_f2b_unbans_total{jail="sshd"} 1.0',
        'ideolab_f2b_restored_total{jail="sshd"} 1.0',
        'ideolab_f2b_events_total{result="written"} 4.0',
        'ideolab_f2b_events_total{result="without_origin"} 0.0',
        'ideolab_f2b_events_total{result="lost"} 0.0',
        'ideolab_f2b_origin_lookups_total{result="hit",source="cymru"} 3.0',
        'ideolab_f2b_bans_by_country_total{country="FR"} 1.0',
        'ideolab_f2b_bans_by_country_total{country="other"} 1.0',
        'ideolab_f2b_bans_by_asn_total{asn="64500"} 1.0',
        'ideolab_f2b_bans_by_asn_total{asn="other"} 1.0',
        "ideolab_f2b_ban_latency_seconds_count 1.0",
        "ideolab_f2b_ban_latency_seconds_sum 0.3",
    ]


def test_there_and_back() -> None:
    """Through JSON, and through the exported text alone."""
    again = Counters.from_json(json.loads(json.dumps(filled().to_json())))
    assert lines(again) == lines(filled())

    fresh = Counters()
    fresh.raise_to(metrics.parse(metrics.render(filled().collect()).decode()))
    assert sorted(lines(fresh)) == sorted(lines(filled()))


def test_the_larger_of_both_counts() -> None:
    """An export that is older than the file takes nothing away."""
    counters = filled()
    counters.raise_to(metrics.parse(metrics.render(Counters().collect()).decode()))

    assert lines(counters) == lines(filled())


def test_hundreds_of_jails_and_sources_are_few_series() -> None:
    """The first ones have their names."""
    counters = Counters()
    for number in range(500):
        counters.count_ban(f"jail{number}", "ip", "inet")
        counters.count_unban(f"jail{number}")
        counters.count_lookups({("x", str(number)): 1})

    assert len(counters.values["ideolab_f2b_bans_total"]) == JAILS + 1
    assert len(counters.values["ideolab_f2b_origin_lookups_total"]) == LOOKUPS + 1
    assert len(lines(counters)) < 200


@pytest.mark.parametrize("data", [{}, [], {"values": {"ideolab_f2b_bans_total": [[["a"], 1]]}, "tops": {}}])
def test_what_is_no_state(data: object) -> None:
    """A damaged file is an error of one of the four kinds that load() expects."""
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        Counters.from_json(data)


def test_a_jail_begins_at_zero() -> None:
    """And meeting it again takes nothing away."""
    counters = Counters()
    counters.add_jail("sshd")
    counters.count_ban("sshd", "ip", "inet")
    counters.add_jail("sshd")

    assert counters.values["ideolab_f2b_bans_total"] == {
        ("sshd", "ip", "inet"): 1.0,
        ("sshd", "ip", "inet6"): 0.0,
    }
    assert counters.values["ideolab_f2b_unbans_total"] == {("sshd",): 0.0}
    assert counters.values["ideolab_f2b_restored_total"] == {("sshd",): 0.0}
