"""Which backend holds the bans of a jail: its own option, else what [firewall] of f2b.conf says."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b import config
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.firewall import backend
from ideolab_f2b.firewall.backend import Backend

#: seconds until the log says again that the settings cannot be read
SAY_AGAIN_S = 600.0
#: seconds in which the jails of a start or a reload share one choice: `auto` runs programs
SHARED_S = 5.0
_log = logging.getLogger("fail2ban.ideolab-ban")


class BackendChoice:
    """Makes the choices of one process, and remembers each for a moment."""

    def __init__(self, path: Path = config.DEFAULT_PATH, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._complaint = Complaint(_log.error, SAY_AGAIN_S, clock)
        self._lock = threading.Lock()
        #: what the settings said
        self._known = backend.AUTO
        #: {what is wanted: (what was chosen, when)}
        self._chosen: dict[str, tuple[Backend, float]] = {}

    def choose(self, wanted: Optional[str]) -> Backend:
        """Return the backend that is wanted, None: by the settings, or what they said when they were read."""
        with self._lock:
            name = self._read() if wanted is None else wanted
            found, since = self._chosen.get(name, (None, float("-inf")))
            if found is None or self._clock() - since >= SHARED_S:
                found = backend.choose(name)
                self._chosen[name] = found, self._clock()
            return found

    def _read(self) -> str:
        try:
            self._known = config.load(self._path).firewall.backend
        except config.ConfigError as error:
            # bans must work all the same, and where they are; ideolab-f2b check says it too
            self._complaint.say(f"{error}; backend = {self._known} is used", str(self._path))
        return self._known


#: of this process: fail2ban loads the shim anew for each jail
BACKEND_CHOICE = BackendChoice()
