"""The signals that end a daemon."""

from __future__ import annotations

import os
import signal

import pytest

from ideolab_f2b.commands.stop_signal import catch_stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_and_the_handlers_come_back(number: signal.Signals) -> None:
    """What was set before is set afterwards."""
    before = signal.getsignal(number)
    with catch_stop() as (wakeup, is_stopped):
        assert not is_stopped()
        os.kill(os.getpid(), number)
        assert is_stopped()
        assert is_stopped()
        with pytest.raises(BlockingIOError):
            os.read(wakeup, 1)

    assert signal.getsignal(number) == before
