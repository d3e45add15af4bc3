"""A real pgbouncer of a test, in front of a PostgreSQL: each transaction may get another connection."""

from __future__ import annotations

import signal
from typing import Any

from tests.lab.database import Server
from tests.lab.postgres import Postgres

#: the name of its socket, in its own directory; no port is opened
PORT = "6432"


class Pgbouncer(Server):
    """Started when it is made; two connections to the server, used in turn."""

    def __init__(self, postgres: Postgres, name: str = "accesslog") -> None:
        super().__init__("pgb", "postgres")
        self._name = name
        settings = {
            "listen_addr": "",
            "listen_port": PORT,
            "unix_socket_dir": self.directory,
            "auth_type": "any",
            "pool_mode": "transaction",
            "default_pool_size": "2",
            "min_pool_size": "2",
            "server_round_robin": "1",
            "ignore_startup_parameters": "extra_float_digits",
        }
        lines = [f"{key} = {value}" for key, value in settings.items()]
        where = f"host={postgres.directory} dbname={name} user=postgres"
        text = "\n".join(["[databases]", f"{name} = {where}", "[pgbouncer]", *lines, ""])
        (self.directory / "pgbouncer.ini").write_text(text, encoding="utf-8")
        self.launch(self._answers, "/usr/sbin/pgbouncer", str(self.directory / "pgbouncer.ini"))

    def _answers(self) -> bool:
        return (self.directory / f".s.PGSQL.{PORT}").exists()

    def stop(self) -> None:
        """End it at once."""
        self.halt(signal.SIGTERM)

    def settings(self) -> dict[str, Any]:
        """Return the entry of DATABASES for the database behind it."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self._name,
            "USER": "postgres",
            "HOST": str(self.directory),
            "PORT": PORT,
        }
