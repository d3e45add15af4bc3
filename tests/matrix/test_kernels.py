"""Bans in nf_tables on Debian's kernels: 5.10 and 6.1 change no time by an addition, and have no owners."""

from __future__ import annotations

import re

import pytest

from tests.matrix import kernels
from tests.matrix.chroot import BuildError

pytestmark = [pytest.mark.matrix, pytest.mark.timeout(2400)]


@pytest.mark.parametrize(
    ("suite", "kernel", "is_owned"),
    [("bullseye", "5.10", False), ("bookworm", "6.1", False), ("trixie", "6.12", True)],
)
def test_bans(suite: str, kernel: str, is_owned: bool) -> None:
    """Times, drops, ports, larger sets, what nft lists: the same on each."""
    try:
        root = kernels.build(suite)
    except BuildError as problem:
        pytest.skip(str(problem))

    printed = kernels.boot(root)

    told = re.findall(r"\b(holds|FAILS): (.+)", printed)
    assert [what for state, what in told if state == "FAILS"] == [], printed
    assert len(told) == 33, printed
    assert re.search(rf"\bkernel {re.escape(kernel)}\.\S+ owned {is_owned} end$", printed, re.M), printed
