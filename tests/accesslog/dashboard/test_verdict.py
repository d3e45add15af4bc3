"""The verdict, case by case: what is not known is never calm, and what is not handled is an alarm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ideolab_accesslog.dashboard.sources.source import DashboardSource
from ideolab_accesslog.dashboard.verdict import AttackVerdict, Leader, Situation, judge
from tests.accesslog.dashboard.samples import OK

CALM = Situation(OK["events"], OK["connmon"], OK["fail2ban"], bans=2, suspect_lines=0, suspects=0, pressure=0)


def _source(key: str, state: str) -> DashboardSource:
    return DashboardSource(key, key, state, None, f"{key} is {state}: do this.")


def _judge(**changes: Any) -> AttackVerdict:
    return judge(replace(CALM, **changes))


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "calm"),
        # a few bans are a usual day, however few there were before
        ({"bans": 9, "usual_bans": 0.0}, "calm"),
        ({"bans": 100, "usual_bans": 60.0}, "calm"),
        ({"pressure": 1}, "calm"),
        # many are an attack, which is handled: they are bans
        ({"bans": 10, "usual_bans": 0.5}, "attack"),
        ({"suspects": 3, "suspect_lines": 4, "bans": 4}, "attack"),
        # they were seen a moment ago: there was no time for a ban
        ({"suspects": 3, "suspect_lines": 0, "bans": 0}, "attack"),
        # the events say that there are bans; whether the kernel has them, nobody has ever said here
        ({"bans": 50, "fail2ban": _source("fail2ban", "absent")}, "attack"),
        # seen, and nobody is banned
        ({"suspects": 3, "suspect_lines": 4, "bans": 0}, "alarm"),
        ({"observed": 5, "bans": 0}, "alarm"),
        # another jail bans others: that is no answer to connmon
        ({"suspects": 3, "suspect_lines": 4, "bans": 9, "has_unbanned": True}, "alarm"),
        ({"observed": 5, "bans": 9, "has_unbanned": True}, "alarm"),
        # the server is full, whoever fills it
        ({"pressure": 2}, "alarm"),
        ({"is_unexplained": True}, "alarm"),
        # bans that are not in the kernel
        ({"has_lasting_drift": True}, "alarm"),
        ({"ban_errors": 1}, "alarm"),
        ({"set_fill": 0.97}, "alarm"),
        # fail2ban has died in the attack
        ({"bans": 50, "fail2ban": _source("fail2ban", "stale")}, "alarm"),
        # what cannot be seen
        ({"events": _source("events", "behind")}, "unknown"),
        ({"events": _source("events", "absent"), "bans": None}, "unknown"),
        ({"connmon": _source("connmon", "stale"), "suspects": None}, "unknown"),
        ({"fail2ban": _source("fail2ban", "stale")}, "unknown"),
        ({"fail2ban": _source("fail2ban", "unknown")}, "unknown"),
        # an AS was banned, and connmon names others than are in a ban
        ({"suspects": 3, "suspect_lines": 4, "bans": 9, "has_unbanned": None}, "unknown"),
        ({"observed": 5, "bans": 9, "has_unbanned": None}, "unknown"),
        ({"bans": 50, "has_unbanned": None}, "attack"),
        # nobody would see that a set was emptied; what is on the table is an alarm all the same
        ({"is_kernel_compared": False}, "unknown"),
        ({"bans": 50, "is_kernel_compared": False}, "unknown"),
        ({"suspects": 3, "suspect_lines": 4, "bans": 0, "is_kernel_compared": False}, "alarm"),
        ({"bans": 50, "is_kernel_compared": False, "fail2ban": _source("fail2ban", "absent")}, "attack"),
        ({"bans": None}, "unknown"),
        ({"suspects": None}, "unknown"),
        # an attack whose bans nobody sees is not called handled
        ({"suspects": 3, "events": _source("events", "behind"), "bans": None}, "unknown"),
        # numbers of fail2ban that are old say nothing
        ({"ban_errors": 1, "fail2ban": _source("fail2ban", "absent")}, "unknown"),
        # numbers of connmon that are old are no alarm of now
        ({"pressure": 2, "connmon": _source("connmon", "stale"), "suspects": None}, "unknown"),
    ],
)
def test_levels(changes: dict[str, Any], level: str) -> None:
    """One change of a calm day each."""
    assert _judge(**changes).level == level


def test_calm() -> None:
    """It says what was looked at."""
    assert _judge() == AttackVerdict("calm", "Nothing unusual.", ("No suspects, and 2 bans in ten minutes.",))


def test_an_attack_says_who() -> None:
    """And what can be done."""
    leaders = (
        Leader("asn", "AS64500 EXAMPLE", 0.61),
        Leader("network", "198.51.100.0/24", 0.4),
        Leader("country", "France", 0.7),
    )
    assert _judge(
        suspects=1, suspect_lines=2, bans=40, usual_bans=0.25, leaders=leaders, pressure=1
    ) == AttackVerdict(
        "attack",
        "Under attack, and the attackers are being banned.",
        (
            "1 suspect now.",
            "40 bans in ten minutes, where 0.2 is usual.",
            "The server is busy: many of its connections are taken.",
            "61 % of the newest bans are of AS64500 EXAMPLE: see its row for its networks, and what to ban.",
            "40 % of the newest bans are of 198.51.100.0/24: ban the network from its row.",
            "70 % of the newest bans are of France.",
        ),
    )


def test_an_alarm_comes_before_the_rest() -> None:
    """Who it is, and what cannot be seen, follow."""
    found = _judge(
        suspects=2,
        suspect_lines=9,
        bans=0,
        leaders=(Leader("suspect", "198.51.100.7", 1.0),),
        fail2ban=_source("fail2ban", "absent"),
    )
    assert found == AttackVerdict(
        "alarm",
        "Something is not handled.",
        (
            "There are suspects, and no jail has banned anybody for ten minutes. "
            "See fail2ban-client status ideolab-connmon.",
            "2 suspects now.",
            "100 % of the newest suspects are of 198.51.100.7: look at it, and ban it.",
            "fail2ban is absent: do this.",
        ),
    )


def test_each_source_says_its_way_out() -> None:
    """In the reasons of the verdict."""
    keys = ("events", "connmon", "fail2ban")
    found = _judge(**{key: _source(key, "unknown") for key in keys}, bans=None, suspects=None)

    assert found.reasons == tuple(f"{key} is unknown: do this." for key in keys)
