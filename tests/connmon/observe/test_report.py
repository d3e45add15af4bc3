"""report: what a person reads with --summary."""

from __future__ import annotations

import json
import time
from datetime import date

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.observe import report, summary
from ideolab_f2b.connmon.observe.day import DaySuspect, Peak, WatchedDay

TODAY = date(2026, 11, 29)
AT = time.mktime((2026, 11, 29, 14, 52, 1, 0, 0, -1))
ONE = DaySuspect("198.51.100.10", "ip", "mute", AT, AT + 60, 2, 60, 4, 0, "60 mute")
PEAKS = {
    summary.SLOTS: Peak(400, AT),
    summary.CAPACITY: Peak(512, AT),
    summary.ALL_HELLOS: Peak(0, 0.0),
    summary.ADDRESSES: Peak(90, AT),
    summary.HONEST_CLIENTS: Peak(3, AT),
    summary.CONNECTIONS: Peak(70, AT, "198.51.100.1"),
}
DAY = WatchedDay(
    "2026-11-29", 7200.0, 7200.0, {"mute": 1, "slot-time": 2}, False, {ONE.address: ONE}, PEAKS,
    {"exhausted": 30.0, "calm": 7170.0},
)  # fmt: skip


def test_a_day_with_observe() -> None:
    """All of it, line by line."""
    assert report.format_summary([DAY], Connmon(observe=True), TODAY).split("\n") == [
        "observe = yes: nobody is banned by connmon; see connmon-observed.log",
        "",
        "today, 2026-11-29: watched for 2.0 h, with observe = yes",
        "  the server: calm for 2.0 h, exhausted for 30 s; at most 400 slots taken of 512 (14:52:01), "
        "0 half TLS hellos, 90 addresses (14:52:01)",
        "  3 would have been banned:",
        "    2 took slots for too long, for too few answers",
        "    1 sent no byte",
        "  the 1 with most connections (answers: in the ten minutes before it was named):",
        "    who            first     last      times  connections  score  answers  why",
        "    198.51.100.10  14:52:01  14:53:01  2      60           4      0        60 mute",
        "",
        "yesterday, 2026-11-28: nothing was seen",
        "",
        "thresholds for this host, from 2.0 hours since 2026-11-29, with up to 90 addresses at once, "
        "3 of them with many connections and answers:",
        "  setting            now  suggested  largest honest number  whose         when",
        "  th_hostile_ip      8    8          0                      -             -",
        "  th_calm_ip         24   24         0                      -             -",
        "  th_conn_ip         50   140        70                     198.51.100.1  11-29 14:52",
        "  th_hostile_subnet  60   60         0                      -             -",
        "  2 times the largest honest number is suggested, never less than the default. Who gets",
        "  as many answers in ten minutes as it has quiet connections counts as honest: look whose it is.",
        "  2.0 hours are too few: wait for 24, with the busiest hour among them",
    ]


def test_days_without_observe() -> None:
    """The same numbers, and other words: fail2ban bans."""
    days = [
        WatchedDay("2026-11-28", 90_000.0, is_about=True, rules={"mute": 5400}),
        WatchedDay("2026-11-29", 60.0),
    ]
    text = report.format_summary(days, Connmon(), TODAY)

    assert "observe" not in text
    assert "  about 5,400 were suspects, for fail2ban to ban:\n    5,400 sent no byte\n" in text
    assert "today, 2026-11-29: watched for 60 s\n" in text
    assert "  nobody was a suspect, for fail2ban to ban\n" in text
    assert "too few" not in text


def test_a_day_that_was_observed_in_part() -> None:
    """It says how long."""
    days = [WatchedDay("2026-11-29", 7200.0, 600.0)]

    assert "watched for 2.0 h, 10 min of it with observe = yes\n" in report.format_summary(
        days, Connmon(), TODAY
    )


def test_the_same_for_programs() -> None:
    """One object."""
    found = json.loads(report.format_json([DAY], Connmon(observe=True)))

    assert (found["observe"], found["days"][0]["rules"]["mute"]) == (True, 1)
    assert found["suggested"]["th_conn_ip"] == 140
