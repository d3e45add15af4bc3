"""The grammar of our log lines, which filter.d reads: write a line, read it back, add it to a log.

`<ISO 8601, ms, zone> <program>: <kind> <address> key=value ... key="quoted"`: the address comes first after
fixed words, and whatever a client could choose comes last, quoted, so that no client names an address.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Optional, Union

from ideolab_f2b import files

#: bytes of client-controlled text that are kept
QUOTED_BYTES = 300
#: what a plain value is made of; filter.d has the same text
WORD = r"[A-Za-z0-9_.:/+@%-]+"
#: what a key is made of; filter.d has the same text
KEY = r"[a-z][a-z0-9_-]*"
#: {phase of connmon: its key}, in the order of the line; `handshake` is short for handshake-only
PHASE_KEYS: Mapping[str, str] = {
    "mute": "mute",
    "partial-hello": "partial-hello",
    "handshake-only": "handshake",
    "trickle": "trickle",
    "slow-read": "slow-read",
    "idle": "idle",
}
_WORD = re.compile(WORD)
_NAMESPACE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_KEY = re.compile(KEY)
_DATE = re.compile(
    r"(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,6}))?(?P<zone>[+-]\d{4})(?: |$)"
)
_REST = re.compile(
    rf"(?P<program>[a-z]+): (?P<kind>[a-z]+) (?P<address>\S+)(?P<plain>(?: {KEY}={WORD})*)"
    rf'(?: (?P<quoted>{KEY}=".*))?$'
)
# a key begins a word: each letter of a long word would be tried
_QUOTED = re.compile(rf'(?<![a-z0-9_-])({KEY})="([^"]*)"')


class Line(NamedTuple):
    """One of our lines after it was read.

    `when` is epoch seconds, None for a date of whole seconds; `plain` and `quoted` are the key=value.
    """

    when: Optional[float]
    program: str
    kind: str
    address: str
    plain: Mapping[str, str]
    quoted: Mapping[str, str]

    def number(self, key: str) -> Optional[int]:
        """Return the plain value as a number of at most nine digits; None when it is missing or no number."""
        text = self.plain.get(key, "")
        return int(text) if text.isdecimal() and len(text) <= 9 else None

    @property
    def namespace(self) -> Optional[str]:
        """Return the network namespace of a container in which it was seen; None: the host's own."""
        name = self.plain.get("in", "")
        return name if _NAMESPACE.fullmatch(name) else None

    @property
    def reason(self) -> Optional[str]:
        """Return the reason that a person or a program gave; for a line of connmon its phases and counts."""
        given = self.quoted.get("reason") or self.plain.get("reason")
        if given:
            return given
        keys = PHASE_KEYS.values()
        phases = [f"{self.plain[key]} {key}" for key in keys if self.plain.get(key, "0") != "0"]
        return ", ".join(phases) or None


def quote(text: str | bytes) -> str:
    r"""Return `"..."` with every byte outside printable ASCII, the quote and the backslash as \xNN."""
    data = _encode(text[:QUOTED_BYTES]) if isinstance(text, str) else text[:QUOTED_BYTES]
    return '"' + "".join(map(_escape, data[:QUOTED_BYTES])) + '"'


def _encode(text: str) -> bytes:
    """Return the bytes of the text, also of half characters, which are no byte of a client either."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


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
    """Return one line without its newline; ValueError when a plain value is not a plain word."""
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


def read_line(text: str) -> Optional[Line]:
    """Read one line; None when it does not have our grammar from its first letter on."""
    date = _DATE.match(text)
    rest = _REST.match(text, date.end()) if date else None
    if date is None or rest is None:
        return None
    plain: dict[str, str] = {}
    for key, value in (pair.split("=", 1) for pair in rest["plain"].split()):
        # of two with the same key the first one counts, as it does for the filters
        plain.setdefault(key, value)
    quoted = dict(_QUOTED.findall(rest["quoted"] or ""))
    when = _epoch(date) if date["fraction"] else None
    return Line(when, rest["program"], rest["kind"], rest["address"], plain, quoted)


def read_last_line(texts: str) -> Optional[Line]:
    """Read the last of several lines, such as a ban's matches; None when that one is not ours."""
    return read_line(texts.rstrip("\n").rpartition("\n")[2])


def read_date(text: str) -> Optional[float]:
    """Return the date at the beginning of a line in epoch seconds; None when there is none."""
    date = _DATE.match(text)
    return None if date is None else _epoch(date)


def _epoch(date: re.Match[str]) -> Optional[float]:
    whole = _epoch_of_second(date["second"] + date["zone"])
    return None if whole is None else whole + float(f"0.{date['fraction'] or 0}")


@lru_cache(maxsize=64)
def _epoch_of_second(text: str) -> Optional[float]:
    # a burst has thousands of lines of the same second
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return None


def append(path: Path, text: str, mode: int = 0o640) -> None:
    """Add one line by one write(); the file is opened anew each time, so rotation needs no signal."""
    append_all(path, (text,), mode)


def append_all(path: Path, texts: Iterable[str], mode: int = 0o640) -> None:
    """Add lines by one write(); OSError also for a link or a pipe in the file's place."""
    lines = list(texts)
    if any("\n" in text or "\r" in text for text in lines):
        raise ValueError("a line must not contain a line feed; pass the text through quote()")
    data = "".join(f"{text}\n" for text in lines).encode("utf-8")
    descriptor = files.open_to_append(path, mode)
    try:
        written = _write(path, descriptor, data)
        for _turn in range(files.TURNS):
            if files.has_name(descriptor, path):
                return
            # renamed before the write, or right after it: fail2ban reads on in the new file only
            overtaken, descriptor = descriptor, files.open_to_append(path, mode)
            try:
                before, written = written, _write(path, descriptor, data)
                files.take_back(overtaken, before)
            finally:
                os.close(overtaken)
    finally:
        os.close(descriptor)


def _write(path: Path, descriptor: int, data: bytes) -> bytes:
    """Write all by one write() and return what was written."""
    # a writer that died, or a full disk, left half a line: it must not swallow this one
    if not files.ends_a_line(descriptor):
        data = b"\n" + data
    written = os.write(descriptor, data)
    if written != len(data):
        raise OSError(f"{path}: only {written} of {len(data)} bytes were written; is the disk full?")
    return data
