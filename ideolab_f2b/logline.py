"""The text that filter.d reads: one grammar for all our lines, and the one write that puts it down.

`<ISO 8601, ms, zone> <program>: <kind> <address> key=value ... key="quoted"`: the address comes first after
fixed words, and whatever a client could choose comes last, quoted, so that no client names an address.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Union

from ideolab_f2b import files

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


def append(path: Path, text: str, mode: int = 0o640) -> None:
    """Add one line by one write(); the file is opened anew each time, so rotation needs no signal."""
    append_all(path, (text,), mode)


def append_all(path: Path, texts: Iterable[str], mode: int = 0o640) -> None:
    """Add lines by one write(); OSError also for a link or a pipe in the file's place."""
    lines = list(texts)
    if any("\n" in text or "\r" in text for text in lines):
        raise ValueError("one line is one line; quote() the text that holds a line feed")
    data = "".join(f"{text}\n" for text in lines).encode("utf-8")
    descriptor = files.open_to_append(path, mode)
    try:
        # a writer that died, or a full disk, left half a line: it must not swallow this one
        if not files.ends_a_line(descriptor):
            data = b"\n" + data
        written = os.write(descriptor, data)
    finally:
        os.close(descriptor)
    if written != len(data):
        raise OSError(f"{path}: only {written} of {len(data)} bytes were written; is the disk full?")
