"""Who runs this program over SSH: the address that sshd has told the shell above it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Optional

from ideolab_f2b.kernel.address import Address

#: what sshd sets: the client's address and port, the server's address and port
_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT")
#: processes between this one and sshd: sudo, shells, screen
_ANCESTORS = 64
#: bytes of an environment that are read
_SIZE = 1 << 17


def find(
    environment: Mapping[str, str] = os.environ, proc: Path = Path("/proc"), pid: Optional[int] = None
) -> Optional[Address]:
    """Return the address; None on a console, or where it is not known. sudo hides the variable, not /proc."""
    for variables in (environment, *_read_ancestors(proc, os.getppid() if pid is None else pid)):
        for name in _VARIABLES:
            found = _parse(variables.get(name, ""))
            if found is not None:
                return found
    return None


def _parse(text: str) -> Optional[Address]:
    try:
        found = ip_address((text.split() or [""])[0].partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _read_ancestors(proc: Path, pid: int) -> Iterator[dict[str, str]]:
    for _step in range(_ANCESTORS):
        try:
            with (proc / str(pid) / "environ").open("rb") as file:
                text = file.read(_SIZE).decode("utf-8", "replace")
            yield dict(one.split("=", 1) for one in text.split("\0") if "=" in one)
            stat = (proc / str(pid) / "stat").read_text(errors="replace")
            # its name may hold blanks and brackets
            pid = int(stat.rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return
        if pid < 1:
            return
