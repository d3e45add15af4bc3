"""The POSIX access list of a socket file: its owner and the named users may send, nobody else."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

#: linux/posix_acl_xattr.h and posix_acl.h
_VERSION = struct.pack("<I", 2)
_ENTRY = struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY = 0xFFFFFFFF
_NONE, _READ_WRITE = 0, 6


def text(uids: Iterable[int]) -> bytes:
    """The attribute's value."""
    entries = [(_OWNER, _READ_WRITE, _NOBODY)]
    entries += [(_USER, _READ_WRITE, uid) for uid in sorted(set(uids))]
    entries += [(_GROUP, _NONE, _NOBODY), (_MASK, _READ_WRITE, _NOBODY), (_OTHER, _NONE, _NOBODY)]
    return _VERSION + b"".join(_ENTRY.pack(*entry) for entry in entries)


def put(path: Path, uids: Iterable[int]) -> None:
    """OSError (EOPNOTSUPP) where the file system has no ACLs."""
    os.setxattr(path, "system.posix_acl_access", text(uids))
