"""Bans that a person orders through the action's own method: each with its time, and each with an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from ipaddress import ip_network
from sqlite3 import OperationalError
from types import SimpleNamespace
from typing import Any

import pytest
from fail2ban.server.ticket import BanTicket

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace
from ideolab_f2b import logline
from ideolab_f2b.actions.ban.admission import Admitted
from ideolab_f2b.actions.ban.orders import Orders, describe
from ideolab_f2b.kernel.ipset.element import key_of
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root

Start = Callable[..., Fail2ban]
JAIL = """
[ideolab-manual]
enabled = true
bantime = {bantime}
action = ideolab-ban.py[set=manual, maxelem=64]
"""


def order(server: Fail2ban, *bans: Sequence[object]) -> list[tuple[str, Any, str]]:
    asked = json.dumps({"bans": bans, "by": "alice", "reason": 'a "word"'})
    told = json.loads(server.ask("set", "ideolab-manual", "action", "ideolab-ban", "by_hand", asked))
    return [(each["result"], each["until"], each["detail"]) for each in told]


def started(lone: Namespace, start: Start, bantime: str) -> Fail2ban:
    server = start(lone, JAIL.format(bantime=bantime))
    server.wait_for_rules("ideolab-manual")
    return server


def left(sets: Sets, name: str = "manual") -> dict[str, Any]:
    return {str(each.network): each.timeout_s for each in sets.elements(name)}


def test_each_has_its_own_time(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """Exact in fail2ban, in the kernel and in the database, over a restart too."""
    server = started(lone, start, "-1")

    told = order(server, ["198.51.100.7", 3600], ["198.51.100.8", "permanent"], ["2001:db8:c::/64", "86400"])
    assert [result for result, _until, _detail in told] == ["banned"] * 3
    assert [until is None for _result, until, _detail in told] == [False, True, False]
    server.restart()
    server.wait_until(lambda: len(server.find_banned("ideolab-manual")) == 3, "restored bans")

    found = {**left(lone_kernel), **left(lone_kernel, "manual6")}
    assert found.pop("198.51.100.8/32") is None
    assert 3500 < found["198.51.100.7/32"] <= 3600
    assert 86300 < found["2001:db8:c::/64"] <= 86400


def test_the_event_says_who_ordered_it_and_why() -> None:
    """As a line of manual.log would, in whole seconds: no latency is measured from it."""
    when = datetime(2026, 11, 22, 14, 52, 1, 250000, timezone.utc)

    line = describe("198.51.100.7", "ideolab-f2b alice", 'he said "hi"\n', when)

    assert line == (
        '2026-11-22T14:52:01+0000 manual: ban 198.51.100.7 by="ideolab-f2b alice" '
        'reason="he said \\x22hi\\x22\\x0a"'
    )
    read = logline.read_line(line)
    assert read is not None and (read.when, read.reason) == (None, "he said \\x22hi\\x22\\x0a")
    assert describe("two words", "bob", "", when) == ""
    unexplained = logline.read_line(describe("198.51.100.7", "bob", "", when))
    assert unexplained is not None and unexplained.reason is None


def test_a_longer_order_prolongs_and_a_shorter_one_does_not(
    lone: Namespace, lone_kernel: Sets, start: Start
) -> None:
    """In fail2ban's list, in its database and in the kernel."""
    server = started(lone, start, "-1")

    results = [order(server, ["198.51.100.7", seconds])[0][0] for seconds in (60, 30, 3600, "permanent", 60)]
    assert results == ["banned", "already", "banned", "banned", "already"]
    assert left(lone_kernel) == {"198.51.100.7/32": None}
    server.restart()
    server.wait_until(lambda: server.find_banned("ideolab-manual") == ["198.51.100.7"], "restored bans")
    assert left(lone_kernel) == {"198.51.100.7/32": None}


def test_the_jail_s_longest_ban_is_kept_and_told(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """bantime of the jail is the ceiling of an order too."""
    server = started(lone, start, "600")

    result, until, detail = order(server, ["198.51.100.7", "permanent"])[0]
    assert (result, until is not None) == ("banned", True)
    assert detail == "ttl='permanent' is above the longest ban of the jail; 600 s are used"
    assert 590 < left(lone_kernel)["198.51.100.7/32"] <= 600


def test_what_cannot_be_banned_is_answered(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """A refusal keeps none of the others from being banned; fail2ban lists what the kernel holds."""
    server = started(lone, start, "-1")

    told = order(server, ["192.0.2.1", 60], ["600", 60], ["198.51.100.7", 60], ["198.51.100.7", 60])
    assert [result for result, _until, _detail in told] == ["refused", "refused", "banned", "banned"]
    assert told[1][2] == "'600' is no address and no network; nothing was banned"
    assert server.find_banned("ideolab-manual") == ["198.51.100.7"]

    told = order(server, *([f"10.0.{number}.1", 60] for number in range(200)))
    failed = [detail for result, _until, detail in told if result == "error"]
    assert failed and "full" in failed[0]
    assert len(server.find_banned("ideolab-manual")) == len(left(lone_kernel)) == 201 - len(failed)
    assert "By hand: 1 refused" not in server.log.read_text()
    assert 'by="alice" reason="a \\x22word\\x22"' in server.log.read_text()


def test_an_order_that_fails_is_taken_back(jail_without_database: Any) -> None:
    """Also while fail2ban's database fails: what the kernel does not hold is not listed."""
    jail, lifted = jail_without_database
    ordered = SimpleNamespace(ticket=BanTicket("198.51.100.7", 1.0), is_new=True)

    def admit(name: str, **_named: object) -> Admitted:
        return Admitted(name, (key_of(ip_network(name)),))

    def place(*_given: object) -> None:
        raise RuntimeError("the set is full")

    admission: Any = SimpleNamespace(admit=admit, order=lambda *_given, **_named: ordered)
    (answer,) = json.loads(Orders(jail, admission, place).ban([["198.51.100.7", 60]], "alice", ""))
    assert (answer["result"], answer["detail"]) == ("error", "the set is full")
    assert lifted == ["198.51.100.7"]


@pytest.fixture
def jail_without_database() -> tuple[Any, list[str]]:
    """A jail whose database fails, and what is unbanned all the same."""
    lifted: list[str] = []

    def remove(identity: str, db: bool = True, ifexists: bool = False) -> None:
        if db:
            raise OperationalError("database or disk is full")
        lifted.append(identity)

    actions = SimpleNamespace(removeBannedIP=remove, getBanTime=lambda: 600)
    return SimpleNamespace(name="jail", actions=actions, getMaxBanTime=lambda: 600), lifted
