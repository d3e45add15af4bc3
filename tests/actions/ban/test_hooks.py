"""Functions in front of methods."""

from __future__ import annotations

from typing import Any

from ideolab_f2b.actions.ban.hooks import Hooks, Method


class Jail:
    def put(self, ticket: str) -> str:
        return f"put {ticket}"


def loud(original: Method) -> Method:
    return lambda ticket: str(original(ticket)).upper()


def test_wrap_and_undo() -> None:
    """Ours is called around the original until it is undone; then nothing is left of it."""
    jail, hooks = Jail(), Hooks()
    hooks.wrap(jail, "put", loud)
    assert jail.put("a") == "PUT A"

    hooks.undo()

    assert jail.put("a") == "put a"
    assert vars(jail) == {}


def test_undo_below_another_hook() -> None:
    """Where somebody hooked over us, ours passes everything through and theirs stays."""
    jail, ours, theirs = Jail(), Hooks(), Hooks()
    ours.wrap(jail, "put", loud)
    theirs.wrap(jail, "put", lambda original: lambda ticket: f"<{original(ticket)}>")
    assert jail.put("a") == "<PUT A>"

    ours.undo()

    assert jail.put("a") == "<put a>"
    theirs.undo()
    assert jail.put("a") == "put a"


def test_nothing_to_wrap() -> None:
    """An object without the method, or no object, is left alone."""
    hooks: Any = Hooks()
    jail = Jail()

    hooks.wrap(jail, "take", loud)
    hooks.wrap(None, "put", loud)
    hooks.undo()

    assert vars(jail) == {}
