"""The Debian packages of requirements/apt.txt, and the tests that are skipped where one is missing."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).resolve().parent.parent / "requirements" / "apt.txt"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: the Python that runs fail2ban and, beside it, the pack
SYSTEM_PYTHON = "/usr/bin/python3"


class Package(NamedTuple):
    """One line of the list."""

    name: str
    brings: tuple[str, ...]
    mark: str
    why: str

    @property
    def modules(self) -> list[str]:
        """The Python modules that it brings."""
        return [one.partition(":")[2] for one in self.brings if one.startswith("python:")]

    @property
    def files(self) -> list[str]:
        """The files that it brings."""
        return [one for one in self.brings if one.startswith("/")]

    @property
    def programs(self) -> list[str]:
        """The programs that it brings."""
        return [one for one in self.brings if one[0] != "/" and ":" not in one]


@functools.lru_cache(maxsize=1)
def packages() -> tuple[Package, ...]:
    """Read the list."""
    lines = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    rows = [[field.strip() for field in line.split("|", 3)] for line in lines]
    return tuple(Package(name, tuple(brings.split()), mark, why) for name, brings, mark, why in rows)


@functools.cache
def is_there(package: Package) -> bool:
    """Say whether this machine has all that a package brings, whoever installed it."""
    return (
        all(Path(one).exists() for one in package.files)
        and all(shutil.which(one, path=SYSTEM_PATH) for one in package.programs)
        and _modules_are_there(package.modules)
    )


def _modules_are_there(names: list[str]) -> bool:
    if not names:
        return True
    program = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"
    try:
        return subprocess.run([SYSTEM_PYTHON, "-I", "-c", program, *names], timeout=120).returncode == 0
    except FileNotFoundError:
        return False


def missing(mark: str = "", names: Iterable[str] = ()) -> str:
    """Say what a test with this mark, or one that needs these packages, lacks; empty: nothing."""
    known = {one.name: one for one in packages()}
    wanted = [known[name] for name in names] + [one for one in packages() if mark and one.mark == mark]
    absent = [one.name for one in wanted if not is_there(one)]
    return f"needs {' '.join(absent)} (apt; scripts/test installs it)" if absent else ""
