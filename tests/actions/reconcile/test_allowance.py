"""A few times in a row, then once in a while."""

from __future__ import annotations

from ideolab_f2b.actions.reconcile.allowance import Allowance


def test_allowance() -> None:
    """Two at once, then one each ten seconds."""
    now = [0.0]
    allowance = Allowance(2, 10.0, lambda: now[0])
    assert [allowance.take() for _one in range(3)] == [True, True, False]
    now[0] += 10
    assert [allowance.take() for _one in range(2)] == [True, False]
    now[0] += 1000
    assert [allowance.take() for _one in range(3)] == [True, True, False]
