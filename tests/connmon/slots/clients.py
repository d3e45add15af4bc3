"""Two clients of the tests of slot time, as text and as SnapshotCounts names them."""

from __future__ import annotations

import pytest

ME, ME6 = "198.51.100.9", "2001:db8:c::9"
V4, V6 = bytes([198, 51, 100, 9]), bytes.fromhex("20010db8000c0000")
BOTH = pytest.mark.parametrize(("text", "name"), [(ME, V4), (ME6, V6)], ids=["IPv4", "/64"])


def nobody(_name: bytes) -> bool:
    """Exempt nobody."""
    return False
