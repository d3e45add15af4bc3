"""What is left of a ban at a boot, against what fail2ban itself restores."""

from __future__ import annotations

from typing import Optional

import pytest

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot.database import StoredBan
from ideolab_f2b.boot.remaining import find_timeout

NOW = 1_800_000_000.0
HOUR = JailRecord("a", "a", 64, bantime=3600, longest=3600)
EVER = JailRecord("a", "a", 64, bantime=-1, longest=-1)
GROWING = JailRecord("a", "a", 64, bantime=3600, longest=86400, is_increasing=True)
UNLIMITED = JailRecord("a", "a", 64, bantime=3600, longest=-1, is_increasing=True)


@pytest.mark.parametrize(
    ("jail", "ago", "bantime", "left"),
    [
        (HOUR, 600, 3600, 3000),
        (HOUR, 600.5, 3600, 3000),
        (HOUR, 3600, 3600, None),
        # over, whatever the jail has
        (HOUR, 700, 600, None),
        (EVER, 700, 600, None),
        # a ban that is longer than the jail's is cut to that, and one that is for ever
        (HOUR, 600, 86400, 3000),
        (HOUR, 600, -1, 3000),
        # older than the jail's time: fail2ban looks no further back
        (HOUR, 7200, 86400, None),
        (GROWING, 7200, 86400, 79200),
        (GROWING, 7200, -1, 79200),
        (UNLIMITED, 7200, -1, 0),
        (EVER, 10**8, -1, 0),
        (EVER, 600, 86400, 85800),
        # what an upgrade has written: the jail's own time
        (HOUR, 600, -2, 3000),
        (EVER, 600, -2, 0),
        # longer than the kernel counts
        (EVER, 600, 30 * 86400, 0),
        # a clock that is behind: not longer than it was
        (HOUR, -10**9, 3600, 3600),
    ],
)  # fmt: skip
def test_a_ban(jail: JailRecord, ago: float, bantime: float, left: Optional[int]) -> None:
    """0 is for ever, None is not restored."""
    assert find_timeout(StoredBan("a", "198.51.100.7", NOW - ago, bantime), jail, NOW) == left
