"""Puts a plan in place, one line for each step, and can take the whole of it back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple, Optional

from ideolab_f2b.install.run import CommandError
from ideolab_f2b.install.site import KEPT, REMOVED, Site, Step, Undo
from ideolab_f2b.install.steps import block, directory, file, link, log, tree, user
from ideolab_f2b.install.steps.directory import Directory
from ideolab_f2b.manifest import Entry

Say = Callable[[str], object]

#: kind of entry -> what takes it out again
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


class Look(NamedTuple):
    """A step, and what putting it would mean here."""

    step: Step
    verb: str
    note: str
    entry: Optional[Entry]

    def __str__(self) -> str:
        return line(self.verb, self.step.path, self.note)


def line(verb: str, path: str, note: str = "") -> str:
    return f"{verb:<8} {path}" + (f"  ({note})" if note else "")


def look(steps: Iterable[Step], site: Site) -> list[Look]:
    """What each step would do, with the directories that are missing for it; changes nothing."""
    looks: list[Look] = []
    for step in steps:
        seen = {found.step.path for found in looks}
        for one in (*_parents(step, site, seen), step):
            looks.append(Look(one, one.verb(site), one.note(site), one.entry(site)))
    return looks


def _parents(step: Step, site: Site, seen: set[str]) -> Iterator[Directory]:
    """The directories above it that are missing, or that an earlier install made."""
    above = PurePosixPath(step.path).parents if step.path.startswith("/") else ()
    for parent in reversed(above):
        path = str(parent)
        if path not in ("/", *seen) and (path in site.earlier or not site.at(path).exists()):
            yield Directory(path)


def obsolete(looks: Iterable[Look], site: Site) -> list[Entry]:
    """What an earlier version put there and this one does not, last put first."""
    kept = {found.step.path for found in looks}
    return [entry for path, entry in reversed(list(site.earlier.items())) if path not in kept]


class Placing:
    """One run over a plan, and the way back."""

    def __init__(self, site: Site, say: Say) -> None:
        self._site, self._say = site, say
        self._undo: list[Undo] = []

    def put(self, looks: Iterable[Look]) -> None:
        for found in looks:
            if found.verb != KEPT:
                self._undo.append(found.step.put(self._site))
            self._say(str(found))

    def remove(self, entries: Iterable[Entry]) -> list[str]:
        """Take out for good; what goes wrong with one does not keep the others."""
        problems = []
        for entry in entries:
            try:
                REMOVE[entry.kind](entry, self._site)
                stands = entry.kind != "user" and os.path.lexists(self._site.at(entry.path))
                self._say(line(KEPT if stands else REMOVED, entry.path))
            except (OSError, CommandError) as error:
                problems.append(f"{entry.path}: {error}")
        return problems

    def take_back(self) -> None:
        """As it was before this run."""
        while self._undo:
            undo = self._undo.pop()
            try:
                undo()
            except (OSError, CommandError) as error:
                self._say(f"could not take back: {error}")
