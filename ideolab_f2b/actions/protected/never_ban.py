"""The administrator's list of what no jail of ours bans: a file of root's, one network on each line."""

from __future__ import annotations

import logging
import os
import stat
from ipaddress import ip_network

from ideolab_f2b.actions.protected.refusal import Listed, listing

#: a list of every network there is would be a mistake, and slow
SIZE_LIMIT = 1 << 20
_log = logging.getLogger("fail2ban.ideolab-ban")


class NotRootsError(OSError):
    """Somebody else can write a file, and so decide who is never banned."""


def read(path: str) -> list[Listed]:
    """The networks of the list; nothing when there is no file, or none is wanted (an empty path)."""
    if not path:
        return []
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return []
    try:
        _require_roots(path, os.fstat(descriptor))
        # a directory never becomes a file object: its descriptor would stay open with each look
        return parse(os.read(descriptor, SIZE_LIMIT).decode("utf-8", "replace"), path)
    finally:
        os.close(descriptor)


def _require_roots(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise NotRootsError(
            f"{path} is not read: chown root and chmod 644 it, so that only root can write it"
        )


def parse(text: str, path: str) -> list[Listed]:
    """What stands behind # is a remark; a line that is no network is told and left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        try:
            if word:
                found.append(listing(ip_network(word, strict=False), f"listed in {path}"))
        except ValueError as error:
            _log.error("%s:%d: %s; the line is left out", path, number, error)
    return found
