"""What other apps can listen to."""

from __future__ import annotations

from typing import Any

import pytest

from ideolab_accesslog import signals
from ideolab_accesslog.firewall import calls
from tests.accesslog.conftest import FakeKernel

ADDRESS = "198.51.100.7"


@pytest.mark.usefixtures("database")
def test_a_listener_hears_of_bans_and_unbans(kernel: FakeKernel) -> None:
    """Once the firewall has confirmed them, with the addresses and who asked."""
    heard: list[tuple[str, Any, Any]] = []

    def hear_ban(addresses: Any, actor: Any, **_others: Any) -> None:
        heard.append(("ban", addresses, actor))

    def hear_unban(addresses: Any, actor: Any, **_others: Any) -> None:
        heard.append(("unban", addresses, actor))

    signals.banned.connect(hear_ban)
    signals.unbanned.connect(hear_unban)
    calls.ban([ADDRESS], actor="alice")
    calls.unban([ADDRESS], actor="bob")

    assert heard == [("ban", [ADDRESS], "alice"), ("unban", [ADDRESS], "bob")]


@pytest.mark.usefixtures("database")
def test_a_listener_that_fails_stops_no_ban(kernel: FakeKernel) -> None:
    """The signals are sent robustly."""

    def fail(**_others: Any) -> None:
        raise RuntimeError("the listener failed")

    signals.banned.connect(fail)

    calls.ban([ADDRESS], actor="alice")
    assert kernel.elements() == {ADDRESS: "permanent"}
