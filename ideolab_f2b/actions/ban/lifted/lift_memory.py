"""What was lifted in one jail, in memory and in its file; a file that fails stops no unban."""

from __future__ import annotations

import functools
import logging
import threading
from pathlib import Path
from typing import Any, Callable, Optional

from ideolab_f2b.actions.ban.lifted.lift_file import LINES, LiftFile
from ideolab_f2b.actions.ban.lifted.lifts import Lifts
from ideolab_f2b.actions.ban.observer import observe
from ideolab_f2b.complaint import Complaint

#: seconds that a lift is remembered, at least the jail's findtime: older lines are not read again
KEEP_S = 7 * 86_400.0
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")


class LiftMemory:
    """Lifts of one jail; nothing here raises, and nothing waits for the disk but sync() and keep_in()."""

    def __init__(self, jail: Any, clock: Callable[[], float]) -> None:
        self.lifted, self.trouble = Lifts(), ""
        self._jail, self._clock = jail, clock
        self._file: Optional[LiftFile] = None
        self._lock = threading.Lock()
        say = functools.partial(_log.warning, "[%s] %s", jail.name)
        self._complaint = Complaint(say, SAY_AGAIN_S)

    def keep_in(self, directory: Path) -> None:
        """Remember lifts in this directory from now on, and those that are remembered there."""
        file = LiftFile(directory, str(self._jail.name))
        with self._lock:
            if self._file is not None and self._file.path == file.path:
                return
            self._file = file
            self._attempt(self._load, "is not read")

    def note(self, identity: str, at: float) -> None:
        """Note a lift; it outlives a kill of the server from now on."""
        at = self.lifted.note(identity, at)
        self._add(identity, at)

    def put(self, identity: str, at: float) -> None:
        """Change the time of a lift in memory now, and in the file as soon as that delays no ban."""
        self.lifted.put(identity, at)
        observe(self._add, identity, at)

    def sync(self) -> None:
        """Wait until the disk has all that was noted."""
        with self._lock:
            if self._file is not None and self._file.is_open:
                self._attempt(self._sync, "is not written")

    def stats(self) -> dict[str, Any]:
        """Return how many lifts are remembered, how many were too many, and why they end with the server."""
        return {"kept": len(self.lifted), "forgotten": self.lifted.forgotten, "trouble": self.trouble}

    def _add(self, identity: str, at: float) -> None:
        with self._lock:
            self._attempt(lambda file: file.add(identity, at), "is not written")

    def _load(self, file: LiftFile) -> None:
        mine = self.lifted.rows()
        self.lifted.put_all(file.read(), self._since())
        for row in mine:
            self.lifted.note(*row)
        rows = self.lifted.rows()
        if file.lines != len(rows) or mine:
            file.replace(rows)

    def _since(self) -> float:
        return self._clock() - max(KEEP_S, float(self._jail.filter.getFindTime()))

    def _sync(self, file: LiftFile) -> None:
        file.sync()
        if file.lines > LINES:
            self.lifted.put_all((), self._since())
            file.replace(self.lifted.rows())

    def _attempt(self, call: Callable[[LiftFile], None], what: str) -> None:
        if self._file is None:
            return
        try:
            call(self._file)
            self.trouble = ""
        except Exception as error:
            self.trouble = f"unbans will not outlive a crash: {self._file.path} {what}: {error}"
            self._complaint.say(self.trouble, what)
