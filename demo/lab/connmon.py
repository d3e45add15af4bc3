"""The sensor as a service would run it: this checkout, the distribution's Python, defaults of f2b.conf."""

from __future__ import annotations

import textwrap
from pathlib import Path

from demo.lab.child import Child
from demo.lab.error import LabError
from demo.lab.namespace import Namespace

PYTHON = "/usr/bin/python3"
EVERY_S = 5.0


class Connmon:
    """All its files are below `directory`; `settings` are more lines of f2b.conf."""

    def __init__(self, directory: Path, settings: str = "") -> None:
        self._directory = directory
        for name in ("log", "state", "textfile"):
            (directory / name).mkdir(parents=True)
        for name in ("connmon.log", "manual.log"):
            (directory / "log" / name).touch()
        self.log = directory / "log/connmon.log"
        self.manual = directory / "log/manual.log"
        self.textfile = directory / "textfile"
        self.config = directory / "f2b.conf"
        self.config.write_text(
            textwrap.dedent(f"""\
                [paths]
                log_dir = {directory}/log
                state_dir = {directory}/state
                textfile_dir = {directory}/textfile
            """)
            + settings
        )
        self._child: Child | None = None

    def start(self, namespace: Namespace) -> None:
        """Start connmon in this namespace."""
        words = [
            PYTHON,
            "-m",
            "ideolab_f2b",
            "connmon",
            "--config",
            str(self.config),
            "--every",
            f"{EVERY_S:.0f}s",
        ]
        self._child = Child(namespace, self._directory / "output", *words)

    @property
    def pid(self) -> int:
        """The number of its process, once it was started."""
        if self._child is None:
            raise LabError("connmon was not started")
        return self._child.pid

    def require_alive(self) -> None:
        """Raise LabError, with what connmon printed, when it has ended."""
        if self._child is None or not self._child.is_alive():
            raise LabError(f"connmon ended:\n{self.output()}")

    def output(self) -> str:
        """Return what connmon printed, complaints included."""
        return (self._directory / "output").read_text()

    def stop(self) -> None:
        """End connmon, if it was started."""
        if self._child is not None:
            self._child.stop()
