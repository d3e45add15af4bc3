"""Writes down which jail has which sets, for the next boot: sets.json in the directory of the state.

The writing is left to the thread that writes fail2ban's database: no ban waits for this disk.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Callable

from ideolab_f2b import files
from ideolab_f2b.actions.ban.observer import observe
from ideolab_f2b.actions.jail_record import NAME, JailRecord, JailRecords, from_json, to_json
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.reconcile.left_sets import is_server_ending
from ideolab_f2b.actions.unwritable import explain
from ideolab_f2b.complaint import Complaint

#: seconds in which the jails of a server start: what the file says of others stays so long
STARTED_S = 60.0
#: seconds until the log says the same again
SAY_AGAIN_S = 600.0
#: networks of the option allow that are written down
_ALLOWED = 1000
_log = logging.getLogger("fail2ban.ideolab-ban")


class SetsFile:
    """The jails of this process and the files that name them, one for each directory of a state."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        is_ending: Callable[[], bool] = is_server_ending,
        say: Callable[[str], object] = _log.warning,
    ) -> None:
        self._clock, self._is_ending = clock, is_ending
        self._complaint = Complaint(say, SAY_AGAIN_S, clock)
        self._lock = threading.Lock()
        #: {action: (the directory of its state, fail2ban's database, its record)}
        self._noted: dict[Hashable, tuple[Path, str, JailRecord]] = {}
        #: {directory: when the first jail was noted there}
        self._began: dict[Path, float] = {}

    def note(self, owner: Hashable, jail: Any, options: Options, backend: Callable[[], str]) -> None:
        """Write down the sets of a jail that has started, or has taken other options; never raises.

        A server without a database on the disk, as one on trial, has nothing to come back to.
        """
        try:
            database = _find_database(jail)
            if not database:
                return
            row = options.state, database, make_record(jail, options, backend())
            with self._lock:
                before = self._noted.get(owner)
                self._noted[owner] = row
                self._began.setdefault(options.state, self._clock())
            for directory in {options.state, *([before[0]] if before else [])}:
                observe(functools.partial(self._write, directory))
        except Exception as error:
            self._say(error)

    def forget(self, owner: Hashable, *, is_cleared: bool = False) -> None:
        """Take out a jail that stops; never raises.

        While the server ends its sets stay in the kernel, and so does what is written, unless `is_cleared`.
        """
        try:
            with self._lock:
                row = self._noted.get(owner)
                if row is None or (self._is_ending() and not is_cleared):
                    return
                del self._noted[owner]
            observe(functools.partial(self._write, row[0], row[2].jail))
        except Exception as error:
            self._say(error)

    def _write(self, directory: Path, gone: str = "") -> None:
        try:
            path = directory / NAME
            before = _read(path)
            with self._lock:
                rows = [row for row in self._noted.values() if row[0] == directory]
                is_starting = self._clock() - self._began.get(directory, float("-inf")) < STARTED_S
            jails = [row[2] for row in rows]
            if is_starting:
                # a power cut in the middle of a start must not lose those that come next
                noted = {each.jail for each in jails} | {gone}
                jails += [each for each in before.jails if each.jail not in noted]
            database = rows[-1][1] if rows else before.database
            found = JailRecords(database, tuple(sorted(jails, key=lambda each: (each.jail, each.set))))
            if found != before:
                files.replace(path, to_json(found), 0o600, is_durable=True)
        except Exception as error:
            self._say(error)

    def _say(self, error: Exception) -> None:
        text = explain(error) if isinstance(error, OSError) else repr(error)
        self._complaint.say(f"the next boot does not know the sets of this server: {text}", "sets")


def make_record(jail: Any, options: Options, backend: str) -> JailRecord:
    """Return what a boot needs to know of a jail of this server."""
    increasing = bool(jail.getBanTimeExtra("increment"))
    return JailRecord(
        jail=str(jail.name),
        set=options.set,
        maxelem=options.maxelem,
        scope=options.scope,
        ports=options.ports,
        protocol=options.protocol,
        hook=options.hook,
        backend=backend,
        tickets=options.tickets,
        cap=options.cap,
        bantime=_seconds(jail.actions.getBanTime()),
        longest=_seconds(jail.getMaxBanTime()),
        is_increasing=increasing,
        min_prefix4=options.min_prefix4,
        min_prefix6=options.min_prefix6,
        allow_file=options.allow_file,
        allow=tuple(map(str, options.allow.networks[:_ALLOWED])),
    )


def _seconds(value: object) -> int:
    # fail2ban keeps None where bantime.maxtime is taken back
    return -1 if value is None else max(-1, int(str(value)))


def _find_database(jail: Any) -> str:
    """Return the path of fail2ban's database; "" where it keeps none on the disk."""
    name = str(getattr(getattr(jail, "database", None), "filename", "") or "")
    return name if name.startswith("/") else ""


def _read(path: Path) -> JailRecords:
    """Return what is written down; nothing where that cannot be read: it is written anew then."""
    try:
        return from_json(files.read(path))
    except (OSError, ValueError):
        return JailRecords()


#: of this process: fail2ban loads the shim anew for each jail
SETS_FILE = SetsFile()
