"""The counters on disk, written at once with the number of the last segment that is in them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from ideolab_f2b import files, metrics
from ideolab_f2b.actions.report.carried_counters import CarriedCounters
from ideolab_f2b.actions.report.counters import COUNTERS, TOPS, Counters

#: the file's name in the directory of state
NAME = "counters.json"


@dataclass
class State:
    """`done`: segments of the spool up to this one are counted."""

    counters: Counters = field(default_factory=Counters)
    carried: CarriedCounters = field(default_factory=CarriedCounters)
    done: int = 0

    def save(self, directory: Path) -> None:
        """Replace the file at once, so that a power cut leaves no empty one; OSError leaves the old one."""
        data = {"done": self.done, "counters": self.counters.to_json(), "carry": self.carried.to_json()}
        text = json.dumps(data, separators=(",", ":"))
        files.replace(directory / NAME, text.encode("ascii"), 0o600, is_durable=True)


def load(directory: Path, prom: Path) -> tuple[State, str]:
    """Return the state, and what was wrong with it; never below what `prom`, the last export, says.

    A file that cannot be used is moved aside, and the export alone is what is known. What a killed server
    left beside it is removed.
    """
    complaint = ""
    path = directory / NAME
    files.remove_left_over(path)
    try:
        state = _parse(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        state = State()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        state = State()
        complaint = f"{path} cannot be used ({error!r}); {_move_aside(path)}; counters go on from {prom}"
    exported = metrics.read(prom)
    state.counters.raise_to(exported)
    state.carried.raise_to(exported, {*COUNTERS, *TOPS})
    return state, complaint


def _parse(text: str) -> State:
    data = json.loads(text)
    counters, carried = Counters.from_json(data["counters"]), CarriedCounters.from_json(data["carry"])
    return State(counters, carried, int(data["done"]))


def _move_aside(path: Path) -> str:
    try:
        os.replace(path, f"{path}.corrupt")
    except OSError as error:
        return f"it could not be moved aside: {error}"
    return f"it is kept as {path.name}.corrupt"
