"""Does something in the thread of fail2ban's observer, which writes bans into the database."""

from __future__ import annotations

from typing import Any

from fail2ban.server.observer import Observers

from ideolab_f2b.actions.ban.hooks import Method


def is_behind() -> bool:
    """Whether there may be bans that the observer has not written down yet."""
    observer = Observers.Main
    return observer is not None and bool(observer.is_full or not observer.idle)


def observe(call: Method, *arguments: Any) -> None:
    """Do it after what is queued there; here when the server is about to end."""
    observer = Observers.Main
    if observer is not None:
        observer.add("call", call, *arguments)
    else:
        call(*arguments)
