"""Remembers which list was applied, and which is tried out: its settings, and a copy of its prefixes.

A list that is built later, or a file of settings that is changed, is in force only after another `apply`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b import files
from ideolab_f2b.geo import country_list
from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.geo.rule import applied_list
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.plan import RuleProblemError

#: root's; the list that `geo build` writes is in it too
DIRECTORY = country_list.DEFAULT_PATH.parent
#: not among the files: the unit that restores the list at a boot may write nothing below /var
LOCK = Path("/run/ideolab-geo.lock")
APPLIED, TRIAL = "applied", "trial"
KINDS = (APPLIED, TRIAL)
_SIZE_LIMIT = 1 << 20
_MODE = 0o600


class StateFiles:
    """The files of one directory."""

    def __init__(self, directory: Path = DIRECTORY, lock: Optional[Path] = None) -> None:
        self.directory = directory
        self._lock = lock or (LOCK if directory == DIRECTORY else directory / ".lock")

    def load(self, kind: str) -> Optional[AppliedList]:
        """Return what was applied or is tried out; None for nothing. RuleProblemError for a broken file."""
        path = self._settings(kind)
        try:
            with files.open_to_read(path) as file:
                return applied_list.parse(file.read(_SIZE_LIMIT))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RuleProblemError(
                f"{path} cannot be read: {error}; sudo ideolab-f2b geo apply makes it anew"
            ) from error

    def is_any(self) -> bool:
        """Whether anything was applied or tried out."""
        return any(self._settings(kind).exists() for kind in KINDS)

    def load_list(self, kind: str) -> CountryList:
        """Return the list itself. CountryListError."""
        return country_list.load(self._list(kind))

    def save(self, kind: str, one: AppliedList, countries: Optional[CountryList] = None) -> None:
        """Remember settings, and the list where it is another one; a power cut leaves the old or the new."""
        self._make_directory()
        if countries is not None:
            country_list.save(countries, self._list(kind))
        files.replace(self._settings(kind), applied_list.pack(one), _MODE, is_durable=True)

    def keep_trial(self) -> None:
        """Let what is tried out be what is applied."""
        os.replace(self._list(TRIAL), self._list(APPLIED))
        os.replace(self._settings(TRIAL), self._settings(APPLIED))

    def forget(self, *kinds: str) -> None:
        """Remove what is remembered of these."""
        for kind in kinds:
            # the settings first: a list alone says nothing
            for path in (self._settings(kind), self._list(kind)):
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Let one process at a time change what is in force: the timer, the boot, an admin."""
        if self._lock.parent == self.directory:
            self._make_directory()
        with contextlib.closing(os.fdopen(self._open_lock(), "ab")) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _open_lock(self) -> int:
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
        # who may read a file may lock it for ever; one of an earlier version is readable by all
        os.fchmod(descriptor, _MODE)
        return descriptor

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)

    def _settings(self, kind: str) -> Path:
        return self.directory / f"{kind}.json"

    def _list(self, kind: str) -> Path:
        return self.directory / f"{kind}.list"
