"""A daemon of the lab: started in a namespace, watched, and ended by its own pid."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Callable

from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until

REPOSITORY = Path(__file__).resolve().parent.parent.parent
#: seconds from SIGTERM to SIGKILL
_STOP_S = 60


class Child:
    """One program; what it prints goes to `output`, `variables` are more variables of its environment."""

    def __init__(
        self, namespace: Namespace, output: Path, *words: str, variables: Mapping[str, str] = {}
    ) -> None:
        self.output = output
        self.name = Path(words[0]).name
        # its own session: Ctrl-C reaches only us, and we end the programs in order; were we killed
        # ourselves, the kernel ends them
        with open(output, "ab") as file:
            self._process = subprocess.Popen(
                namespace.command("setpriv", "--pdeathsig", "TERM", *words),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**environment(), **variables},
                start_new_session=True,
            )
        self.pid = self._process.pid

    def wait_until(self, is_ready: Callable[[], bool], what: str) -> None:
        """Return when `is_ready` says so; a program that ends or takes too long is an error."""
        wait_until(is_ready, lambda: f"{self.name} is not {what}:\n{self._tail()}", is_alive=self.is_alive)

    def is_alive(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the program, by force when it does not end in time."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_S)

    def _tail(self) -> str:
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-15:])


def environment() -> Mapping[str, str]:
    """Return the environment of a program: the pack is that of this checkout, which stays as it is."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**kept, "PATH": system, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
