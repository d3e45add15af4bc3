"""The rows of one call, on each database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import OperationalError, transaction

from ideolab_accesslog.firewall import intents
from ideolab_accesslog.firewall.intents import Call, Intent, WrittenCall
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from tests.accesslog.conftest import VENDORS

pytestmark = pytest.mark.usefixtures("database")
VICTIM, OTHER, REFUSED = "198.51.100.7", "2001:db8::7", "127.0.0.1"
UNTIL = datetime(2036, 11, 22, 12, tzinfo=timezone.utc)
BAN = Call("ban", actor_name="alice", seconds=60, until=UNTIL, reason="scan")
PENDING: dict[str, Any] = {"state": "pending", "command": "x"}


def ignore(_written: WrittenCall) -> None:
    """Nothing is to be done after the commit."""


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_ban_writes_intents_and_audit_rows() -> None:
    """A refused address gets an audit row and no intent."""
    refusal = {"state": "refused", "stderr": "loopback"}

    written = intents.write(BAN, {OTHER: PENDING, VICTIM: PENDING}, {REFUSED: refusal}, ignore)

    assert (written.pending, written.repeated) == ([VICTIM, OTHER], [])
    assert written.keys == dict(TrashIP.objects.values_list("ip", "pk"))
    assert list(
        TrashIP.objects.order_by("ip").values_list("ip", "is_banned", "ban_until", "ban_reason", "intent")
    ) == [(ip, True, UNTIL, "scan", written.batch) for ip in (VICTIM, OTHER)]
    fields = ("batch", "ip", "action", "bantime", "reason", "actor_name", "state", "command", "stderr")
    assert sorted(FirewallActionLog.objects.values_list(*fields)) == [
        (written.batch, REFUSED, "ban", 60, "scan", "alice", "refused", "", "loopback"),
        (written.batch, VICTIM, "ban", 60, "scan", "alice", "pending", "x", ""),
        (written.batch, OTHER, "ban", 60, "scan", "alice", "pending", "x", ""),
    ]


def test_the_same_call_again_is_repeated() -> None:
    """Other words are another call."""
    first = intents.write(BAN, {VICTIM: PENDING}, {}, ignore)
    again = intents.write(BAN, {VICTIM: PENDING}, {}, ignore)
    other = intents.write(Call("unban", actor_name="alice"), {VICTIM: PENDING}, {}, ignore)

    assert (first.pending, again.pending, other.pending) == ([VICTIM], [], [VICTIM])
    assert (first.repeated, again.repeated, other.repeated) == ([], [VICTIM], [])
    assert FirewallActionLog.objects.count() == 2


def test_a_check_and_an_unban_add_no_row_to_trash_ip() -> None:
    """Who is asked about is no scanner yet."""
    for action in ("check", "unban"):
        written = intents.write(Call(action, actor_name="alice"), {VICTIM: PENDING}, {}, ignore)
        assert (written.pending, written.keys) == ([VICTIM], {})

    assert TrashIP.objects.count() == 0
    assert FirewallActionLog.objects.count() == 2


def test_only_leaves_out_what_has_changed() -> None:
    """It sees the row as it is under the lock; an address without a row is left out too."""
    row = TrashIP.objects.create(ip=VICTIM, is_banned=True, ban_until=UNTIL - timedelta(days=1))
    seen: list[Intent] = []

    def is_still_over(intent: Intent) -> bool:
        seen.append(intent)
        return False

    written = intents.write(
        Call("unban", actor_name="alice", only=is_still_over), {VICTIM: PENDING, OTHER: PENDING}, {}, ignore
    )

    assert seen == [Intent(row.pk, True, UNTIL - timedelta(days=1), None)]
    assert (written.pending, written.repeated) == ([], [])
    assert FirewallActionLog.objects.count() == 0


def test_the_callback_gets_what_was_written_after_the_commit() -> None:
    """The commit of a transaction around the call counts."""
    given: list[WrittenCall] = []

    with transaction.atomic():
        written = intents.write(BAN, {VICTIM: PENDING}, {}, given.append)
        assert given == []

    assert given == [written]


def test_a_try_that_is_rolled_back_calls_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The callback gets the rows of the second try only."""
    given: list[WrittenCall] = []
    tries: list[int] = []
    on_commit = transaction.on_commit

    def deadlock_after(*arguments: Any, **options: Any) -> None:
        on_commit(*arguments, **options)
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("deadlock detected")

    monkeypatch.setattr(transaction, "on_commit", deadlock_after)
    written = intents.write(BAN, {VICTIM: PENDING}, {}, given.append)

    assert (given, len(tries)) == ([written], 2)
    assert FirewallActionLog.objects.count() == 1


def test_a_deadlock_is_tried_again() -> None:
    """Four times; what is no deadlock by then is raised."""
    tries: list[int] = []

    def write_rows() -> str:
        tries.append(1)
        if len(tries) < 4:
            raise OperationalError("deadlock detected")
        return "written"

    assert intents.retry(write_rows) == "written"
    tries.clear()

    def fail() -> None:
        tries.append(1)
        raise OperationalError("deadlock detected")

    with pytest.raises(OperationalError):
        intents.retry(fail)
    assert len(tries) == 4
