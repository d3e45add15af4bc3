"""A place for the engines of one test: the server's network, and mounts that nobody else sees."""

from __future__ import annotations

import subprocess
from pathlib import Path

from demo.lab.child import Child, environment
from demo.lab.error import LabError
from demo.lab.namespace import Namespace


class Inside(Namespace):
    """A network namespace that leaves the mounts alone: `ip netns exec` hides the cgroups from engines."""

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs a program in the namespace."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *words]


#: $1 becomes the root, with what engines need of this machine
_PIVOT = """
mount --bind "$1" "$1" && cd "$1"
for part in dev proc sys tmp; do mount --rbind "/$part" "$part"; done
pivot_root . mnt && umount --lazy mnt
exec sleep infinity
"""


class Room(Namespace):
    """What the engines mount here, their containers' namespaces included, ends with `close`; so does /run.

    Another release of Debian may be its `root`.
    """

    def __init__(self, server: Namespace, directory: Path, root: Path | None = None) -> None:
        super().__init__(server.name)
        directory.mkdir()
        self.directory = directory
        # slave: a copy of other tests' mounts ends with them, and so do the namespaces that are mounted
        last = ("sh", "-ec", _PIVOT, "sh", str(root)) if root else ("sleep", "infinity")
        words = ("unshare", "--mount", "--propagation", "slave", *last)
        self._holder = Child(Inside(server.name), directory / "holder", *words)
        name = Path(f"/proc/{self._holder.pid}/comm")
        self._holder.wait_until(lambda: name.read_text() == "sleep\n", "furnished")
        # sockets of services, names of namespaces, the lock of xtables
        self.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs a program in the room."""
        return ["nsenter", "--target", str(self._holder.pid), "--mount", "--net", *words]

    def run(self, *words: str, variables: dict[str, str] | None = None) -> str:
        """Return the standard output of a program; LabError when it fails."""
        done = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=120,
            env={**environment(), **(variables or {})},
            check=False,
        )
        if done.returncode:
            raise LabError(f"{' '.join(words)}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def find(self, path: Path) -> Path:
        """Return where a file of the room is to be seen from outside."""
        return Path(f"/proc/{self._holder.pid}/root{path}")

    def close(self) -> None:
        """End the room."""
        self._holder.stop()
