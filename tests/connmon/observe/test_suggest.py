"""suggest: thresholds from what honest clients had."""

from __future__ import annotations

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.observe import summary
from ideolab_f2b.connmon.observe.day import Peak, WatchedDay
from ideolab_f2b.connmon.observe.suggest import Suggestion, suggest


def test_twice_the_largest_of_all_days_and_never_below_the_default() -> None:
    """Each from what its setting is compared with."""
    days = [
        WatchedDay(
            "2026-11-28",
            peaks={
                summary.CONNECTIONS: Peak(70, 1.0, "198.51.100.1"),
                summary.QUIET: Peak(20, 2.0, "198.51.100.1"),
                summary.HELLOS: Peak(2, 3.0, "198.51.100.2"),
            },
        ),
        WatchedDay(
            "2026-11-29",
            peaks={
                summary.CONNECTIONS: Peak(60, 4.0, "198.51.100.3"),
                summary.QUIET_FULL: Peak(6, 5.0, "198.51.100.4"),
            },
        ),
    ]

    assert suggest(days, Connmon(th_conn_ip=90)) == [
        Suggestion("th_hostile_ip", 8, Peak(6, 5.0, "198.51.100.4"), 12),
        Suggestion("th_calm_ip", 24, Peak(20, 2.0, "198.51.100.1"), 40),
        Suggestion("th_conn_ip", 90, Peak(70, 1.0, "198.51.100.1"), 140),
        Suggestion("th_hostile_subnet", 60, Peak(), 60),
    ]


def test_without_traffic_the_defaults_are_suggested() -> None:
    """Whatever is set now."""
    assert [one.suggested for one in suggest([], Connmon(th_hostile_ip=3))] == [8, 24, 50, 60]
