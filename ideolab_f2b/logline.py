"""The text that filter.d reads: one grammar for all our lines, and the one write that puts it down.

`<ISO 8601, ms, zone> <program>: <kind> <address> key=value ... key="quoted"`: the address comes first after
fixed words, and whatever a client could choose comes last, quoted, so that no client names an address.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Union

#: bytes of client-controlled text that are kept
QUOTED_BYTES = 300
_WORD = re.compile(r"[A-Za-z0-9_.:/+@%-]+")
_KEY = re.compile(r"[a-z][a-z0-9_-]*")


def quote(text: str | bytes) -> str:
    r"""`"..."` with every byte outside printable ASCII, the quote and the backslash as \xNN."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return '"' + "".join(map(_escape, data[:QUOTED_BYTES])) + '"'


def _escape(byte: int) -> str:
    if 0x20 <= byte <= 0x7E and byte not in b'"\\':
        return chr(byte)
    return f"\\x{byte:02x}"


def _pair(key: str, value: int | str) -> str:
    word = str(value)
    if not _KEY.fullmatch(key) or not _WORD.fullmatch(word):
        raise ValueError(f"{key}={word!r} is not one word; pass client-controlled text in `quoted`")
    return f"{key}={word}"


def format_line(
    when: datetime,
    program: str,
    kind: str,
    address: str,
    plain: Mapping[str, Union[int, str]],
    quoted: Mapping[str, Union[str, bytes]] = {},
) -> str:
    """One line without its newline; ValueError when a plain value is not a plain word."""
    if when.tzinfo is None:
        raise ValueError("a time without a zone would be read as the server's local time")
    if not all(_WORD.fullmatch(word) for word in (program, kind, address)):
        raise ValueError(f"{program!r} {kind!r} {address!r}: fixed words and one address are needed")
    # fail2ban itself reads whole seconds; the milliseconds are for what measures the time to a ban
    date = f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}{when:%z}"
    words = [date, f"{program}:", kind, address]
    words += [_pair(key, value) for key, value in plain.items()]
    words += [f"{_pair(key, 'x')[:-1]}{quote(text)}" for key, text in quoted.items()]
    return " ".join(words)


#: a FIFO in the file's place must not stop us either
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def append(path: Path, text: str, mode: int = 0o640) -> None:
    """Add one line by one write(); the file is opened anew each time, so rotation needs no signal."""
    append_all(path, (text,), mode)


def append_all(path: Path, texts: Iterable[str], mode: int = 0o640) -> None:
    """Add lines by one write(); OSError also for a link or a pipe in the file's place."""
    lines = list(texts)
    if any("\n" in text or "\r" in text for text in lines):
        raise ValueError("one line is one line; quote() the text that holds a line feed")
    data = "".join(f"{text}\n" for text in lines).encode("utf-8")
    descriptor = _opened(path, mode)
    try:
        # a writer that died, or a full disk, left half a line: it must not swallow this one
        if not _ends_a_line(descriptor):
            data = b"\n" + data
        written = os.write(descriptor, data)
    finally:
        os.close(descriptor)
    if written != len(data):
        raise OSError(f"{path}: only {written} of {len(data)} bytes were written; is the disk full?")


def _opened(path: Path, mode: int) -> int:
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return _created(path, mode)
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is a pipe")
    return descriptor


def _created(path: Path, mode: int) -> int:
    try:
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        # another writer was faster
        return os.open(path, _FLAGS)
    if os.geteuid() == 0:
        # the others that write here are not root, and the umask of fail2ban is 077
        directory = os.stat(path.parent)
        os.fchown(descriptor, directory.st_uid, directory.st_gid)
        os.fchmod(descriptor, mode)
    return descriptor


def _ends_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
