"""Memory of connmon in the worst case: far below what its unit allows (MemoryMax)."""

from __future__ import annotations

import pytest

from tests.bench import memory


@pytest.mark.long
def test_fifty_thousand_suspects_take_well_below_half_of_what_the_unit_allows() -> None:
    """With 400,000 connections, written to the log twice."""
    suspects, mib, _cpu_s = memory.measure("suspects, IPv6")

    assert suspects >= 50_000
    assert mib <= memory.LIMIT_MIB
