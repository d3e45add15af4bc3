"""Programs that write down how they were called, in a PATH of their own."""

from __future__ import annotations

from pathlib import Path


class Programs:
    """Each is a script; `calls` are their names and arguments, in order."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._log = directory / "calls"

    def add(self, name: str, body: str = "exit 0") -> Path:
        """Make a program, which runs `body` after it has written its call down."""
        path = self.directory / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>{self._log}\n{body}\n')
        path.chmod(0o755)
        return path

    @property
    def calls(self) -> list[str]:
        """The calls until now."""
        return [line.rstrip() for line in self._log.read_text().splitlines()] if self._log.exists() else []
