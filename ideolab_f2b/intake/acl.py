"""Sets the POSIX access list of a socket file: only its owner and the named users may send."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

#: struct posix_acl_xattr_header of linux/posix_acl_xattr.h
_VERSION = struct.pack("<I", 2)
#: struct posix_acl_xattr_entry: tag, permissions, user
_ENTRY = struct.Struct("<HHI")
#: tags of linux/posix_acl.h
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
#: the user of an entry that names none
_NOBODY = 0xFFFFFFFF
#: permission bits as of a file
_NONE = 0
_READ_WRITE = 6


def encode(uids: Iterable[int]) -> bytes:
    """Return the attribute's value for users who may read and write."""
    entries = [(_OWNER, _READ_WRITE, _NOBODY)]
    entries += [(_USER, _READ_WRITE, uid) for uid in sorted(set(uids))]
    entries += [(_GROUP, _NONE, _NOBODY), (_MASK, _READ_WRITE, _NOBODY), (_OTHER, _NONE, _NOBODY)]
    return _VERSION + b"".join(_ENTRY.pack(*entry) for entry in entries)


def apply(path: Path, uids: Iterable[int]) -> None:
    """Let these users write to the socket file; OSError (EOPNOTSUPP) where the file system has no ACLs."""
    os.setxattr(path, "system.posix_acl_access", encode(uids))
