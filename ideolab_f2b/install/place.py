"""Puts the steps of a plan in place, one printed line for each, and can undo all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple, Optional

from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import KEPT, REMOVED, Site, Step, Undo
from ideolab_f2b.install.steps import block, directory, file, link, log, tree, user
from ideolab_f2b.install.steps.directory import Directory
from ideolab_f2b.manifest import Entry

Say = Callable[[str], object]

#: {kind of entry: the function that removes it}
REMOVE: dict[str, Callable[[Entry, Site], None]] = {
    "block": block.remove,
    "directory": directory.remove,
    "file": file.remove,
    "link": link.remove,
    "log": log.remove,
    "tree": tree.remove,
    "user": user.remove,
    "whole": directory.remove_whole,
}


class PlannedStep(NamedTuple):
    """A step, and what putting it in place would change on this host."""

    step: Step
    verb: str
    note: str
    entry: Optional[Entry]

    def __str__(self) -> str:
        return line(self.verb, self.step.path, self.note)


def line(verb: str, path: str, note: str = "") -> str:
    """Return what the installer prints about one path."""
    return f"{verb:<8} {path}" + (f"  ({note})" if note else "")


def removal(verb: str, entry: Entry, note: str = "") -> str:
    """Return what the installer prints about the removal of an entry; a user is no path."""
    return line(verb, f"the user {entry.path}" if entry.kind == "user" else entry.path, note)


def preview(steps: Iterable[Step], site: Site) -> list[PlannedStep]:
    """Return what each step would do, with the directories that are missing for it; change nothing."""
    planned: list[PlannedStep] = []
    for step in steps:
        known = {one.step.path for one in planned}
        for each in (*_parents(step, site, known), step):
            planned.append(PlannedStep(each, each.verb(site), each.note(site), each.entry(site)))
    return planned


def _parents(step: Step, site: Site, known: set[str]) -> Iterator[Directory]:
    """Return the directories above a step that are missing, or that an earlier install made."""
    above = PurePosixPath(step.path).parents if step.path.startswith("/") else ()
    for parent in reversed(above):
        path = str(parent)
        if path not in ("/", *known) and (path in site.earlier or not site.leads_to(path).exists()):
            yield Directory(path)


def obsolete(planned: Iterable[PlannedStep], site: Site) -> list[Entry]:
    """Return what an earlier version installed and this one does not have any more, the newest first."""
    kept = {one.step.path for one in planned}
    return [entry for path, entry in reversed(list(site.earlier.items())) if path not in kept]


class Transaction:
    """Steps that are put in place together, or not at all."""

    def __init__(self, site: Site, say: Say) -> None:
        self._site, self._say = site, say
        self._undo: list[Undo] = []

    def put(self, planned: Iterable[PlannedStep]) -> None:
        """Put each step that changes something; OSError or CommandError from the first that cannot be put."""
        for one in planned:
            if one.verb != KEPT:
                self._undo.append(one.step.put(self._site))
            self._say(str(one))

    def undo(self) -> None:
        """Make everything as it was before `put`; print what cannot be undone."""
        while self._undo:
            undo = self._undo.pop()
            try:
                undo()
            except (OSError, InstallError) as error:
                self._say(f"could not be undone: {error}")


def remove(entries: Iterable[Entry], site: Site, say: Say) -> list[str]:
    """Remove for good what an install put in place; return what could not be removed and why."""
    problems = []
    for entry in entries:
        try:
            REMOVE[entry.kind](entry, site)
            stands = entry.kind != "user" and os.path.lexists(site.at(entry.path))
            say(removal(KEPT if stands else REMOVED, entry))
        except (OSError, InstallError) as error:
            problems.append(f"{entry.path}: {error}")
    return problems
