"""Finds the engines' programs that take connections on this host for a container."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b.kernel.sockets.inodes import find_listeners

DOCKER_PROXY = "docker-proxy"
#: names of these programs, as /proc/PID/comm has them; anybody may take one, so they only choose words
NAMES = frozenset(
    ("docker-proxy", "rootlessport", "rootlesskit", "pasta", "pasta.avx2", "passt", "slirp4netns")
)
#: those behind which the container's own logs name one address for all clients
HIDING = NAMES - {"pasta", "pasta.avx2", "passt"}
#: descriptors of one process that are looked at
_DESCRIPTORS = 4096
_SOCKET = re.compile(r"socket:\[(\d{1,20})\]")


class Proxy(NamedTuple):
    """One docker-proxy: the port of this host that it takes, and the packed address that it leads to."""

    port: int
    server: bytes


def find_proxies(pids: Iterable[int], proc: Path = Path("/proc")) -> list[Proxy]:
    """Return the docker-proxies of this host, by their command lines; only words depend on them."""
    found = []
    for path in (proc / str(pid) / "comm" for pid in pids):
        with suppress(OSError, ValueError, KeyError):
            if path.read_text("ascii", "replace").strip() == DOCKER_PROXY:
                words = path.with_name("cmdline").read_bytes()[:4096].decode("ascii", "replace").split("\0")
                options = dict(zip(words[1::2], words[2::2]))
                server = ip_address(options["-container-ip"]).packed
                found.append(Proxy(int(options["-host-port"]), server))
    return found


def find(ports: Collection[int], pids: Iterable[int], proc: Path = Path("/proc")) -> Mapping[int, str]:
    """Return {port: program} of the listening sockets that such a program has; root sees all of them."""
    inodes = {inode: port for port in ports for inode in find_listeners(port)}
    found: dict[int, str] = {}
    for path in (proc / str(pid) / "comm" for pid in pids):
        with suppress(OSError):
            name = path.read_text("ascii", "replace").strip()
            if name in NAMES:
                found.update({inodes[inode]: name for inode in _sockets(path.parent) if inode in inodes})
    return found


def _sockets(process: Path) -> list[int]:
    found = []
    with os.scandir(process / "fd") as entries:
        for entry in islice(entries, _DESCRIPTORS):
            with suppress(OSError):
                match = _SOCKET.fullmatch(os.readlink(entry.path))
                found += [int(match[1])] if match else []
    return found
