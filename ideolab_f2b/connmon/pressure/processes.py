"""The nginx that runs now, as /proc shows it to everybody: its configuration file and its workers."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

_MASTER = b"nginx: master process "
_WORKER = b"nginx: worker process"
#: what Debian and the packages of nginx.org are built with
DEFAULT_CONFIG = "/etc/nginx/nginx.conf"


class RunningNginx(NamedTuple):
    """One master process."""

    pid: int
    #: absolute path of the file that it reads first
    config: str
    workers: int


def find(proc: Path = Path("/proc")) -> list[RunningNginx]:
    """Return the masters that this user may see; [] where /proc hides what others run."""
    commands = dict(_commands(proc))
    # one that is shutting down says so, and takes no more connections
    parents = [_parent(proc, pid) for pid, command in commands.items() if command.rstrip(b"\0 ") == _WORKER]
    return [
        RunningNginx(pid, config_of(command), parents.count(pid))
        for pid, command in sorted(commands.items())
        if command.startswith(_MASTER) and _is_here(proc, pid)
    ]


def _is_here(proc: Path, pid: int) -> bool:
    """Return whether a process is in our network namespace; not everybody is shown where others are."""
    with contextlib.suppress(OSError):
        return os.readlink(proc / str(pid) / "ns/net") == os.readlink(proc / "self/ns/net")
    return True


def _commands(proc: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the pid and the title of each process of nginx."""
    for directory in proc.iterdir():
        if directory.name.isdecimal():
            with contextlib.suppress(OSError):
                command = (directory / "cmdline").read_bytes()
                if command.startswith((_MASTER, _WORKER)):
                    yield int(directory.name), command


def _parent(proc: Path, pid: int) -> Optional[int]:
    with contextlib.suppress(OSError, ValueError, IndexError):
        # the name in parentheses may hold anything
        return int((proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
    return None


def config_of(command: bytes) -> str:
    """Return the configuration file of a master's title, which ends in the words that it was started with."""
    text = command[len(_MASTER) :].rstrip(b"\0 ").decode("utf-8", "replace")
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    prefix, config = _option(words, "-p"), _option(words, "-c") or DEFAULT_CONFIG
    return str(Path(prefix or "/etc/nginx", config))


def _option(words: list[str], option: str) -> str:
    """Return the value of `-c FILE` or `-cFILE`; "" when it is not there."""
    for word, following in zip(words, [*words[1:], ""]):
        if word.startswith(option):
            return word[len(option) :] or following
    return ""
