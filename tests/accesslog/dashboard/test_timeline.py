"""The timeline shows the jails with the most bans."""

from __future__ import annotations

from collections import Counter

from ideolab_accesslog.dashboard.period import PERIODS, Period
from ideolab_accesslog.dashboard.timeline import JAILS, make_timeline
from tests.accesslog.dashboard.samples import NOW


def test_each_jail_has_a_value_in_each_step() -> None:
    """The jail with the most bans comes first; a hostile name is printable."""
    period = Period("x", 3, 60)
    first, second, third = period.list_starts(NOW)
    found = make_timeline(
        Counter({(first, "a\u202e"): 1, (third, "b"): 2, (second, "b"): 3, (third, ""): 1}), period, NOW
    )

    assert (found.state, found.starts, found.step_s, found.other) == ("ok", (first, second, third), 60, False)
    assert [(one.jail, one.values) for one in found.series] == [
        ("b", (0, 3, 2)),
        ("no jail", (0, 0, 1)),
        ("a\\u202e", (1, 0, 0)),
    ]


def test_many_jails() -> None:
    """The rest is one series, the last one."""
    period = PERIODS["24h"]
    start = period.find_start(NOW)
    counts = Counter({(start, f"jail{number}"): 100 - number for number in range(JAILS + 2)})
    found = make_timeline(counts, period, NOW, "behind")

    assert (found.state, found.other, len(found.series)) == ("behind", True, JAILS + 1)
    assert (found.series[-1].jail, found.series[-1].values[0]) == ("other", 92 + 91)


def test_nothing_happened() -> None:
    """There is no series, and all steps are there."""
    found = make_timeline(Counter(), PERIODS["1h"], NOW)

    assert (found.series, len(found.starts)) == ((), 60)
