"""The timers that renew the lists."""

from __future__ import annotations

from typing import Optional

import pytest

from ideolab_f2b.check.lists import timer
from ideolab_f2b.check.lists.timer import judge

UNIT, DOES, WITHOUT = "ideolab-geo.timer", "builds the list anew", "the list grows old"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("enabled", "ok       boot ideolab-geo.timer: builds the list anew"),
        ("disabled", "wrong    boot ideolab-geo.timer: does not start (disabled): the list grows old\n"
         "         -> systemctl enable --now ideolab-geo.timer"),
        ("", "wrong    boot ideolab-geo.timer: does not start (it has no unit): the list grows old\n"
         "         -> systemctl enable --now ideolab-geo.timer"),
        (None, "unknown  boot ideolab-geo.timer: systemctl does not say whether it runs\n"
         "         -> sudo ideolab-f2b check"),
    ],
)  # fmt: skip
def test_judge(state: Optional[str], said: str) -> None:
    """A list that nothing renews is a fault."""
    assert str(judge(UNIT, state, DOES, WITHOUT)) == said


def test_host_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said there, and systemctl is not asked."""
    monkeypatch.setattr(timer, "runs_systemd", lambda: False)
    monkeypatch.setattr(timer, "ask_systemd", pytest.fail)
    assert list(timer.timer(UNIT, DOES, WITHOUT)) == []


def test_host_with_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not answer is unknown."""
    monkeypatch.setattr(timer, "runs_systemd", lambda: True)
    for answer, state in (({UNIT: "enabled"}, "ok"), (None, "unknown")):
        monkeypatch.setattr(timer, "ask_systemd", lambda _units, answer=answer: answer)
        assert [verdict.state for verdict in timer.timer(UNIT, DOES, WITHOUT)] == [state]
