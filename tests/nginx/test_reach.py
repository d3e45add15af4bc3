"""Who is reached on real logs, and that nobody legitimate is."""

from __future__ import annotations

import functools

import pytest

from tests.nginx import reach, replay

pytestmark = pytest.mark.needs("fail2ban")

SLOWTLS, PROBE = "nginx-ideolab-slowtls", "nginx-ideolab-probe"


@functools.cache
def found(run: str) -> reach.Reached:
    return reach.find_reached(run)


def error_log(run: str, maxretry: int, mode: str = "normal") -> set[str]:
    lines = replay.lines(f"1.22.1-{run}.error.log")
    return reach.named(replay.find_banned(replay.Jail(SLOWTLS, mode, maxretry, 300), lines))


@pytest.mark.parametrize("run", ["stock", "hard"])
def test_ten_lines_reach_9_classes_and_nobody_legitimate(run: str) -> None:
    """Mode normal with the first seed's maxretry: only what no page, no radio and no health check makes."""
    banned = error_log(run, 10)

    assert len(reach.names(banned, "ban")) == 9
    assert reach.names(banned, "no") == set()


@pytest.mark.parametrize("run", ["stock", "hard"])
def test_with_probe_and_connmon_33_classes_are_reached(run: str) -> None:
    """Without the access log, which not every host has in our format."""
    both = error_log(run, 10) | found(run)[PROBE] | found(run)["connmon"]

    assert len(reach.names(both, "ban")) >= 33
    assert reach.names(both, "no") == set()


@pytest.mark.parametrize("run", ["stock", "hard"])
def test_all_jails_as_shipped_reach_34_classes_and_nobody_legitimate(run: str) -> None:
    """With the numbers of jail.d."""
    everybody = reach.by_any(found(run))

    assert len(reach.names(everybody, "ban")) >= 34
    assert reach.names(everybody, "no") == set()


@pytest.mark.parametrize("run", ["stock", "hard"])
def test_the_default_format_of_the_access_log_reaches_nobody(run: str) -> None:
    """It says neither how long a request took nor how much of it came: a lost upload looks the same."""
    jail = reach.jail("nginx-ideolab-stalled")

    assert replay.find_banned(jail, replay.lines(f"1.22.1-{run}.combined.log")) == set()


def test_the_limits_of_the_seed_ban_nobody() -> None:
    """A page of 60 assets is over 10 requests a second: only mode limit, which no jail has, counts that."""
    assert reach.names(error_log("seed", 15, "limit"), "no") == {"browser_h2_burst"}
    assert reach.names(error_log("seed", 15) | error_log("seed", 3, "probe"), "no") == set()


def test_the_page_has_the_table_of_these_logs() -> None:
    """`python3 -m tests.nginx.reach` writes it, with a reason for each class that is not reached."""
    assert reach.table({run: found(run) for run in reach.RUNS}) in reach.PAGE.read_text()


def test_there_is_a_reason_for_what_is_not_reached_and_for_nothing_else() -> None:
    """A reason that has become wrong has to go."""
    missed = [reach.all_names("ban") - reach.names(reach.by_any(found(run)), "ban") for run in reach.RUNS]

    assert set().union(*missed) == set(reach.WHY)
