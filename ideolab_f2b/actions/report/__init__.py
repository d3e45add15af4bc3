"""The report action: bans become events and metrics, without delaying a ban."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Return the action: the shim of an older release, in fail2ban's action.d, looks here for it."""
    if name != "Action":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ideolab_f2b.actions.report.action import Action

    return Action
