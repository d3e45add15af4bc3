"""The nameservers that this host asks: without them it is cut off from names, and its jails with it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from ideolab_f2b.kernel.address import Address

#: the second has the servers behind the stub of systemd-resolved
PATHS = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
SIZE_LIMIT = 1 << 16
#: servers of one file: glibc asks three of them
LIMIT = 16


def read(paths: Iterable[str] = PATHS) -> set[Address]:
    """Return the nameservers of the files; one that is missing, or that anybody can write, has none."""
    return {found for path in paths for found in _read(path)}


def _read(path: str) -> list[Address]:
    try:
        # it is often a link; a pipe in its place must not hang a ban
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return []
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o002:
            return []
        return parse(os.read(descriptor, SIZE_LIMIT).decode("utf-8", "replace"))
    finally:
        os.close(descriptor)


def parse(text: str) -> list[Address]:
    """Return the servers of resolv.conf(5), the first ones; other lines mean nothing here. Pure."""
    return [found for line in text.splitlines() for found in _server(line)][:LIMIT]


def _server(line: str) -> Iterator[Address]:
    words = line.split()
    if len(words) >= 2 and words[0] == "nameserver":
        try:
            # the interface of a link-local one: fe80::1%eth0
            yield ip_address(words[1].partition("%")[0])
        except ValueError:
            return
