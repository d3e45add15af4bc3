"""The counters on disk, written at once with the number of the last segment that is in them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from ideolab_f2b.actions.report import exported
from ideolab_f2b.actions.report.carried_counters import Carry
from ideolab_f2b.actions.report.counters import COUNTERS, TOPS, Counters

NAME = "counters.json"


@dataclass
class Ledger:
    """`done`: segments of the spool up to this one are counted."""

    counters: Counters = field(default_factory=Counters)
    carry: Carry = field(default_factory=Carry)
    done: int = 0

    def save(self, directory: Path) -> None:
        """Replace the file at once; OSError leaves the old one."""
        told = {"done": self.done, "counters": self.counters.to_json(), "carry": self.carry.to_json()}
        temporary = directory / f"{NAME}.new"
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(json.dumps(told, separators=(",", ":")))
            file.flush()
            # after a power cut an empty file would stand there
            os.fsync(descriptor)
        os.replace(temporary, directory / NAME)


def load(directory: Path, prom: Path) -> tuple[Ledger, str]:
    """The ledger, and what was wrong with it; never below what `prom`, the last export, says.

    A file that cannot be used is moved aside, and the export alone is what is known.
    """
    complaint = ""
    path = directory / NAME
    try:
        ledger = _parsed(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        ledger = Ledger()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        ledger = Ledger()
        complaint = f"{path} cannot be used ({error!r}); {_aside(path)}; counters go on from {prom}"
    known = exported.read(prom)
    ledger.counters.raise_to(known)
    ledger.carry.raise_to(known, {*COUNTERS, *TOPS})
    return ledger, complaint


def _parsed(text: str) -> Ledger:
    told = json.loads(text)
    return Ledger(Counters.from_json(told["counters"]), Carry.from_json(told["carry"]), int(told["done"]))


def _aside(path: Path) -> str:
    try:
        os.replace(path, f"{path}.corrupt")
    except OSError as error:
        return f"it could not be moved aside: {error}"
    return f"it is kept as {path.name}.corrupt"
