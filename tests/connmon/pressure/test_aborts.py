"""aborts: two counters of /proc/net/netstat, and their rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.connmon.pressure import aborts
from ideolab_f2b.connmon.pressure.aborts import AbortRate

TEXT = b"""\
TcpExt: SyncookiesSent TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory
TcpExt: 1 20 300 4000
IpExt: InNoRoutes TCPAbortOnData
IpExt: 50000 600000
"""


def test_both_counters_are_added() -> None:
    """By their names, for kernels have them in other places."""
    assert aborts.parse(TEXT) == 320


@pytest.mark.parametrize("text", [b"", b"TcpExt: A B\n", b"TcpExt: A B\nTcpExt: 1 2\n", TEXT[:80]])
def test_a_text_without_them_is_an_error(text: bytes) -> None:
    """It would look like a server that refuses nobody."""
    with pytest.raises(ValueError, match="has no TcpExt: TCPAbortOnData"):
        aborts.parse(text)


def test_this_kernel_has_them(tmp_path: Path) -> None:
    """The file of the thread's own network namespace."""
    (tmp_path / "netstat").write_bytes(TEXT)

    assert aborts.read() >= 0
    assert aborts.read(tmp_path / "netstat") == 320


def test_the_rate_needs_two_readings() -> None:
    """A counter that went back, or a clock that stands still, is no rate."""
    counts = iter([100, 130, 130, 120, 200])
    rate = AbortRate(lambda: next(counts))

    assert [rate.measure(when) for when in (5.0, 15.0, 20.0, 25.0, 25.0)] == [None, 3.0, 0.0, 0.0, None]
