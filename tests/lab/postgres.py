"""A real PostgreSQL of a test; stop() and start() again keep the data, remove() ends it."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

from demo.lab.error import LabError
from tests.lab.database import Server

_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_QUIET = ("listen_addresses=", "max_connections=60", "shared_buffers=64MB", "jit=off")


def _binaries() -> Path:
    """Return where the programs are: Debian keeps the server's programs out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise LabError("there is no PostgreSQL server; install postgresql (scripts/test does)")
    return Path(program).resolve().parent


class Postgres(Server):
    """Started when it is made; `settings()` is its entry for DATABASES. `options` are name=value pairs."""

    def __init__(self, *options: str) -> None:
        super().__init__("pg", "postgres")
        self._binaries, self._options = _binaries(), options
        data = str(self.directory / "data")
        init = ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync")
        try:
            self.run(str(self._binaries / "initdb"), "-D", data, *init)
            self.start()
            self.run(
                str(self._binaries / "createdb"), "-h", str(self.directory), "-U", "postgres", "accesslog"
            )
        except BaseException:
            self.remove()
            raise

    def start(self) -> None:
        """Start the server; the data are those of the last time."""
        words = [str(self._binaries / "postgres"), "-D", str(self.directory / "data")]
        for option in (*_QUIET, *_FAST, f"unix_socket_directories={self.directory}", *self._options):
            words += ["-c", option]
        self.launch(self._answers, *words)

    def _answers(self) -> bool:
        try:
            self.run(str(self._binaries / "pg_isready"), "-q", "-h", str(self.directory), "-U", "postgres")
        except LabError:
            return False
        return True

    def stop(self) -> None:
        """End the server at once, as `pg_ctl stop -m fast` does: open connections are cut."""
        self.halt(signal.SIGINT)

    def settings(self, name: str = "accesslog") -> dict[str, Any]:
        """Return the entry of DATABASES for one of its databases."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": "postgres",
            "HOST": str(self.directory),
        }

    def environment(self, name: str = "accesslog") -> dict[str, str]:
        """Return what tests.accesslog.settings of another process reads."""
        host = str(self.directory)
        return {"DJANGO_DB": "postgresql", "DJANGO_DB_NAME": name, "DJANGO_DB_HOST": host}
