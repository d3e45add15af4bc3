"""How many connections nginx can hold, from the best source that there is."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from ideolab_f2b import files
from ideolab_f2b.connmon.pressure import processes, workers
from ideolab_f2b.connmon.pressure.processes import RunningNginx
from ideolab_f2b.connmon.pressure.workers import Workers
from ideolab_f2b.places import NGINX_CAPACITY

SETTING, NGINX, LEARNT, UNKNOWN = "setting", "nginx", "learnt", "unknown"
#: seconds between two readings of what nginx is configured to do
READ_EVERY_S = 30.0
#: bytes of a configuration file that are read
_LONGEST = 1 << 20


class Capacity(NamedTuple):
    """`slots` connections, and who says so; 0 when nobody does."""

    slots: int
    source: str

    @property
    def is_known(self) -> bool:
        """Whether it was configured: what was only seen is no limit."""
        return self.source in (SETTING, NGINX)


class CapacityReader:
    """Reads the setting, else what the installer or the running nginx says; else remembers the most slots."""

    def __init__(
        self,
        setting: int,
        *,
        record: Optional[Path] = Path(NGINX_CAPACITY),
        running: Callable[[], list[RunningNginx]] = processes.find,
        cpus: Callable[[], Optional[int]] = os.cpu_count,
    ) -> None:
        """`record` is what the installer wrote of this host's nginx; None of another one."""
        self._setting, self._record, self._running, self._cpus = setting, record, running, cpus
        self._configured = 0
        self._read_at = float("-inf")
        self._most = 0

    def read(self, slots: int, when: float) -> Capacity:
        """Return the capacity; `slots` are those taken now, `when` are seconds that never go back."""
        self._most = max(self._most, slots)
        if self._setting:
            return Capacity(self._setting, SETTING)
        if when - self._read_at >= READ_EVERY_S:
            self._configured, self._read_at = self._ask_nginx(), when
        if self._configured:
            return Capacity(self._configured, NGINX)
        return Capacity(self._most, LEARNT) if self._most else Capacity(0, UNKNOWN)

    def _ask_nginx(self) -> int:
        """Return what nginx is configured to hold; 0 when it cannot be seen."""
        recorded, running = self._read_record(), self._running()
        # with two masters, nobody sees here which of them has the port
        one = running[0] if len(running) == 1 else None
        config = one.config if one else recorded.config if recorded else ""
        found = recorded if recorded and _is_current(recorded, config) else self._read_config(config)
        found = found or recorded
        if found is None:
            return 0
        return ((one.workers if one else 0) or found.processes) * found.connections

    def _read_record(self) -> Optional[Workers]:
        return workers.parse_record(_read(self._record)) if self._record is not None else None

    def _read_config(self, path: str) -> Optional[Workers]:
        text = _read(Path(path)) if path else ""
        found = workers.parse_config(text, self._cpus() or 1, path) if text else None
        return found if found and 0 < found.capacity <= workers.LARGEST else None


def _read(path: Path) -> str:
    try:
        with files.open_to_read(path) as file:
            return file.read(_LONGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _is_current(recorded: Workers, config: str) -> bool:
    """Return whether nginx's file is the one that the installer saw: `nginx -T` follows its includes."""
    return recorded.config == config and change_time(config) in (0, recorded.changed)


def change_time(path: str) -> int:
    """Return when a file was last changed, in epoch seconds; 0 when that cannot be seen."""
    try:
        found = os.stat(path)
    except OSError:
        return 0
    return int(found.st_mtime) if stat.S_ISREG(found.st_mode) else 0
