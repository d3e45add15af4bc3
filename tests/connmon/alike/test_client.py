"""client: what an address holds."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.alike.client import SlotClient


@pytest.mark.parametrize(
    ("phase", "is_silent"),
    [("mute", True), ("handshake-only", True), ("partial-hello", False), ("trickle", False), ("", False)],
)
def test_silence(phase: str, is_silent: bool) -> None:
    """What a page of another site can make a browser do."""
    assert SlotClient(b"\xc6\x33\x64\x07", 1, 1, phase).is_silent is is_silent
