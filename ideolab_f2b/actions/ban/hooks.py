"""Puts functions of ours in front of methods of one fail2ban object, and takes them away again."""

from __future__ import annotations

from typing import Any, Callable

Method = Callable[..., Any]


class Hooks:
    """The hooks of one action; `undo` ends them all, in whatever order other hooks came and went."""

    def __init__(self) -> None:
        self._active = True
        self._set: list[tuple[Any, str, Method]] = []

    def wrap(self, owner: Any, name: str, around: Callable[[Method], Method]) -> None:
        """Call `around(original)` in place of the method; nothing when the object has no such method."""
        original = getattr(owner, name, None)
        if not callable(original):
            return
        ours = around(original)

        def hooked(*args: Any, **keywords: Any) -> Any:
            return (ours if self._active else original)(*args, **keywords)

        setattr(owner, name, hooked)
        self._set.append((owner, name, hooked))

    def undo(self) -> None:
        """End all hooks; fail2ban's own methods are called from now on."""
        self._active = False
        for owner, name, hooked in self._set:
            # where somebody hooked over us, ours stays in the chain and passes everything through
            if vars(owner).get(name) is hooked:
                delattr(owner, name)
        self._set.clear()
