"""The drift check: what one look means."""

from __future__ import annotations

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import repair
from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.check import drift

A, B = (4, 0xC6336407, 32), (4, 0xCB007100, 24)
MEND = "ideolab-f2b check --repair (ideolab-f2b bans shows which)"


def look(*rows: BanRow, queued: bool = False, trouble: str = "") -> BanComparison:
    ours = JailBans("ours", "s", queued, {A: Ban(900, 600)})
    return BanComparison(1000.0, (ours, JailBans("sshd", None, False, {})), rows, {"s": 1}, trouble)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            look(BanRow(A, "ok", "ours", "s")),
            "ok       drift ours: the kernel holds what fail2ban holds (1 bans)",
        ),
        (
            look(
                BanRow(A, "missing", "ours", "s"),
                BanRow(B, "stale", "ours", "s"),
                BanRow(B, "missing", "other", "t"),
            ),
            "wrong    drift ours: the kernel differs from fail2ban: 1 missing, 1 stale of 1 bans\n"
            f"         -> {MEND}",
        ),
        (
            look(BanRow(A, "missing", "ours", "s"), queued=True),
            "unknown  drift ours: fail2ban is still restoring its bans\n         -> ideolab-f2b check",
        ),
    ],
)
def test_one_jail(seen: BanComparison, said: str) -> None:
    """Jails without an action of ours have no verdict."""
    assert [str(verdict) for verdict in drift.judge(seen)] == [said]


def test_set_of_no_jail() -> None:
    """It is named, with how much it holds."""
    seen = look(BanRow(A, "stale", None, "site3", None, True), BanRow(B, "stale", None, "site3", None, True))

    assert [str(verdict) for verdict in drift.judge(seen)] == [
        "ok       drift ours: the kernel holds what fail2ban holds (1 bans)",
        "wrong    drift set site3: no running jail has it, and what it holds is dropped: 2 elements\n"
        f"         -> {MEND}",
    ]


def test_fail2ban_is_down() -> None:
    """Nobody can tell; that it is down is another check's to call wrong."""
    (verdict,) = drift.judge(look(trouble="no socket"))

    assert (verdict.state, verdict.text) == (
        "unknown", "this needs fail2ban: no socket",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "state", "text"),
    [
        (fail2ban_client.ServerDownError("no socket"), "wrong", "fail2ban is down"),
        (fail2ban_client.ClientError("you must be root"), "unknown", "you must be root"),
        (repair.RepairError("not in 60 s"), "wrong", "not in 60 s"),
    ],
)
def test_repair_that_fails(monkeypatch: pytest.MonkeyPatch, error: Exception, state: str, text: str) -> None:
    """Each with its way out."""

    def fail() -> repair.RepairResult:
        raise error

    monkeypatch.setattr(repair, "repair", fail)
    monkeypatch.setattr(repair, "put_rules", lambda: [])
    verdict = drift.repair()

    assert (verdict.check, verdict.state) == ("repair", state)
    assert text in verdict.text
    assert verdict.mend


@pytest.mark.parametrize(
    ("done", "state", "text"),
    [
        (repair.RepairResult({}, ""), "ok", "nothing differed"),
        (repair.RepairResult({"b": 2, "a": 1}, ""), "ok", "repaired: 1 in a, 2 in b"),
        (repair.RepairResult({"a": 1}, "s: the set is full"), "wrong", "s: the set is full"),
    ],
)
def test_repair(monkeypatch: pytest.MonkeyPatch, done: repair.RepairResult, state: str, text: str) -> None:
    """What was put right, or what stands against it."""
    monkeypatch.setattr(repair, "repair", lambda: done)

    assert drift.repair()[1:3] == (state, text)
