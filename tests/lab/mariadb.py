"""A real MariaDB of a test, without time zone tables, as Debian installs it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from demo.lab.error import LabError
from tests.lab.database import Server


class Mariadb(Server):
    """Started when it is made; `settings()` is its entry for DATABASES."""

    def __init__(self, *options: str) -> None:
        super().__init__("maria", "mysql")
        self._options, self.socket = options, self.directory / "socket"
        # a server that starts deletes the temporary tables of its tmpdir: in /tmp those of another, too
        self._places = [f"--datadir={self.directory / 'data'}", f"--tmpdir={self.directory}"]
        try:
            # --no-defaults: the host's own files of /etc/mysql are not ours
            self.run(
                "mariadb-install-db",
                "--no-defaults",
                *self._places,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
            )
            self.start()
            self._sql("CREATE DATABASE accesslog CHARACTER SET utf8mb4")
        except BaseException:
            self.remove()
            raise

    def start(self) -> None:
        """Start the server; the data are those of the last time."""
        self.launch(
            self._answers,
            _daemon(),
            "--no-defaults",
            *self._places,
            f"--socket={self.socket}",
            f"--pid-file={self.directory / 'pid'}",
            "--skip-networking",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",
            *self._options,
        )

    def _sql(self, text: str) -> str:
        return self.run("mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-e", text)

    def _answers(self) -> bool:
        try:
            self._sql("SELECT 1")
        except LabError:
            return False
        return True

    def stop(self) -> None:
        """End the server in order; `start` finds its data again."""
        self.halt(signal.SIGTERM)

    def settings(self, name: str = "accesslog") -> dict[str, Any]:
        """Return the entry of DATABASES for one of its databases."""
        return {
            "ENGINE": "django.db.backends.mysql",
            "NAME": name,
            "USER": "root",
            "HOST": str(self.socket),
            "OPTIONS": {"charset": "utf8mb4"},
        }

    def environment(self, name: str = "accesslog") -> dict[str, str]:
        """Return what tests.accesslog.settings of another process reads."""
        host = str(self.socket)
        return {"DJANGO_DB": "mysql", "DJANGO_DB_NAME": name, "DJANGO_DB_HOST": host}


def use_driver() -> None:
    """mysqlclient where it is installed, else PyMySQL in its place; call it before the first connection."""
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        import pymysql

        # the version of mysqlclient that it stands for; Django asks
        pymysql.version_info = (2, 2, 7, "final", 0)
        pymysql.install_as_MySQLdb()


def _daemon() -> str:
    path = Path("/usr/sbin/mariadbd")
    return str(path) if os.access(path, os.X_OK) else "mariadbd"
