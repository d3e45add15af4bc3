"""The thread that looks for SSH sessions every few seconds; no pass over the firewall delays a proof."""

from __future__ import annotations

import threading
from typing import Callable, Optional

from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS, SshSessions

#: seconds between two calls at least, whatever the looks say
LEAST_PAUSE_S = 0.05
_NAME = "ideolab-ssh"


class LookThread:
    """Starts with the first jail, after fail2ban's fork, and ends with the last."""

    def __init__(self, sessions: SshSessions) -> None:
        self._sessions = sessions
        self._jails: set[object] = set()
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def add(self, jail: object, on_proof: Callable[[], None]) -> None:
        """Look for this jail from now on, and call `on_proof` in the thread when an address is proved."""
        self._sessions.listen(jail, on_proof)
        with self._guard:
            self._jails.add(jail)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=_NAME, daemon=True)
                self._thread.start()

    def remove(self, jail: object) -> None:
        """Look no more for this jail; does not wait for a look."""
        self._sessions.forget(jail)
        with self._guard:
            self._jails.discard(jail)
            if not self._jails:
                self._wake.set()

    def _run(self) -> None:
        while True:
            with self._guard:
                if not self._jails:
                    self._thread = None
                    return
            pause_s = self._sessions.look()
            self._wake.wait(max(LEAST_PAUSE_S, pause_s))
            self._wake.clear()


#: of this process: fail2ban makes an action for each jail
LOOKS = LookThread(SESSIONS)
