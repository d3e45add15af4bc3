"""What became of a value that the project wrote: what the app works with, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

from django.utils.functional import Promise

#: the kinds of faults, for each of which checks.py has a number
NOTATION = "notation"
FORMER = "former"
CHOICE = "choice"
NUMBER = "number"
ONE_TEXT = "one text"
PROXY = "proxy"
CACHE = "cache"
DATABASE = "database"
VALUE = "value"
#: kinds of a value that is understood: nothing of it is lost
UNDERSTOOD = (NOTATION, FORMER, ONE_TEXT)
#: characters of a value that a message shows
_SHOWN = 100
#: faults of one setting that are named
_NAMED = 20


class SettingFault(NamedTuple):
    """One thing that is wrong with a value.

    `text` goes on after the setting's name, `hint` is the way out.
    """

    kind: str
    text: str
    hint: str


class Reading(NamedTuple):
    """The value that the app works with, whatever was written, and the faults of what was written."""

    value: Any
    faults: tuple[SettingFault, ...] = ()


def refuse(_value: Any) -> Any:
    """Understand nothing: the type has one notation."""
    raise ValueError("not understood")


@dataclass(frozen=True)
class SettingType:
    """The type of a setting.

    `text` is the type in the docs, `hint` says what to write, `accepts` takes the one notation of it, and
    `understand` returns what another notation means without doubt; it raises for everything else. `kind` is
    the fault of a value that nobody understands.
    """

    text: str
    hint: str
    accepts: Callable[[Any], bool]
    understand: Callable[[Any], Any] = refuse
    kind: str = VALUE

    def read(self, value: Any, default: Any) -> Reading:
        """Return the value, or what it means if it is written otherwise, or else the default."""
        if self.is_accepted(value):
            return Reading(self.convert(value))
        try:
            meant = self.understand(value)
        except Exception:
            return self.read_nothing(value, default)
        return Reading(meant, (SettingFault(NOTATION, f"is {show(value)}", f"Write {show(meant)}."),))

    def read_nothing(self, value: Any, default: Any) -> Reading:
        """Return the default in place of a value that nobody understands."""
        why = SettingFault(self.kind, f"is {show(value)}", f"{self.hint} Until then {show(default)} counts.")
        return Reading(default, (why,))

    def is_accepted(self, value: Any) -> bool:
        """Return whether a value has the one notation; False for one that raises when it is looked at."""
        try:
            return bool(self.accepts(value))
        except Exception:
            return False

    def convert(self, value: Any) -> Any:
        """Return a value that is accepted in the form that the app works with."""
        return value


def show(value: Any) -> str:
    """Return a value as Python writes it, cut; its type alone if it cannot be written."""
    try:
        text = repr(str(value) if isinstance(value, Promise) else value)
    except Exception:
        return f"a value of the type {type(value).__name__}"
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def name_some(faults: Iterable[SettingFault]) -> tuple[SettingFault, ...]:
    """Return the first faults, and one that says how many more there are."""
    every = list(faults)
    rest = len(every) - _NAMED
    if rest <= 0:
        return tuple(every)
    last = every[_NAMED]
    return (*every[:_NAMED], last._replace(text=f"has {rest} more such entries"))
