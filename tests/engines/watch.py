"""connmon and the opener on a host with containers, each with the rights of its service."""

from __future__ import annotations

import os
import re
from pathlib import Path

from demo.lab.child import Child
from demo.lab.connmon import PYTHON, Connmon
from demo.lab.namespace import Namespace
from tests.engines.host import Host

#: connmon's; no capability is left to it
_NOBODY = 65534
_OPENER = "-all,+sys_admin,+sys_ptrace"
_SOCKET = Path("/run/ideolab-netns/sock")


class _Unprivileged(Namespace):
    """The room of a host, for programs that run as nobody."""

    def __init__(self, host: Host) -> None:
        super().__init__(host.room.name)
        self._room = host.room

    def command(self, *words: str) -> list[str]:
        user = ("--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups")
        return self._room.command(
            *("setpriv", *user, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", *words)
        )


class Watch:
    """Both programs; `show` tells the opener which processes there are, for it looks at no others."""

    def __init__(self, host: Host, connmon: Connmon) -> None:
        self._host, self._connmon = host, connmon
        self._pids: dict[str, int] = {}
        self._file = host.directory / "pids"

    def start(self) -> None:
        """Start the opener, then connmon."""
        room, own = self._host.room, self._connmon.log.parent.parent
        for path in (own, *own.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)
        # as the unit makes it
        directory = room.find(_SOCKET.parent)
        directory.mkdir(0o750)
        os.chown(directory, 0, _NOBODY)
        self.opener = Child(
            room,
            self._host.directory / "opener",
            *("setpriv", "--regid", str(_NOBODY), "--clear-groups", "--no-new-privs"),
            *(f"--inh-caps={_OPENER}", f"--bounding-set={_OPENER}"),
            *(PYTHON, "-m", "ideolab_f2b", "netns", "--user", str(_NOBODY)),
            *("--config", str(self._connmon.config), "--pids", str(self._file)),
        )
        self._host.undo(self.opener.stop)
        self.opener.wait_until(room.find(_SOCKET).exists, "listening")
        self._connmon.start(_Unprivileged(self._host))
        self._host.undo(self._connmon.stop)

    def show(self, **pids: int) -> None:
        """Add processes by name, or replace them; 0 takes one away."""
        self._pids.update(pids)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(" ".join(str(pid) for pid in self._pids.values() if pid))
        # at once: the opener may read meanwhile
        fresh.replace(self._file)

    def count_namespaces(self) -> int:
        """Return how many namespaces connmon last saw; -1 before it has written that."""
        files = (self._connmon.log.parent.parent / "textfile").glob("*.prom")
        found = re.findall(
            r"^ideolab_f2b_namespaces (\S+)$", "".join(each.read_text() for each in files), re.MULTILINE
        )
        return int(float(found[0])) if found else -1

    def count_descriptors(self) -> dict[str, int]:
        """Return how many files each program has open."""
        pids = {"connmon": self._connmon.pid, "opener": self.opener.pid}
        return {name: len(list(Path(f"/proc/{pid}/fd").iterdir())) for name, pid in pids.items()}
