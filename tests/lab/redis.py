"""A real Redis of a test, on a unix socket; remove() ends it."""

from __future__ import annotations

from demo.lab.error import LabError
from tests.lab.database import Server


class Redis(Server):
    """Started when it is made; `url` is its LOCATION in CACHES."""

    def __init__(self) -> None:
        super().__init__("redis", "redis")
        self._socket = str(self.directory / "redis.sock")
        self.url = f"unix://{self._socket}?db=0"
        words = (
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            self._socket,
            "--save",
            "",
            "--appendonly",
            "no",
        )
        try:
            self.launch(self._answers, *words, "--dir", str(self.directory))
        except BaseException:
            self.remove()
            raise

    def _answers(self) -> bool:
        try:
            return self.run("redis-cli", "-s", self._socket, "ping").strip() == "PONG"
        except LabError:
            return False
