"""Finds the client and the kind of a line; every filter treats lines of one client and kind alike. Pure.

The client is the first after `, client: `. In the texts that filters read nothing of a client's stands before
it; the others, in which a client can write such words itself, are unread: they have neither kind nor client.
"""

from __future__ import annotations

import functools
import re
from typing import Optional

from ideolab_f2b.intake import client, text
from ideolab_f2b.intake.text import Evidence

#: bytes of a kind; nginx's texts are shorter, and a longer one holds what a client sent
LONGEST = 160
#: bytes of an address
_LONGEST_ADDRESS = len(b"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
_DIGITS = b"0123456789"
_FRONT = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[([a-z]+)\] \d+#\d+: ")
#: levels of lines about nginx itself
_ALERTS = frozenset((b"alert", b"crit"))
#: bytes: where the front can end, at the earliest and at the latest
_FRONT_SIZES = len(b"2026/11/22 15:34:01 [info] "), 80
_CLIENT = b", client: "
# nginx's default format, or an object of JSON whose first value is the address
_FIRST = re.compile(rb'(?:\{ ?"\w+": ?")?([0-9A-Fa-f.:]{1,45})')
# in our own format the seconds stand next: a request of ten or more is not of one kind with a quick one
_STATUS = re.compile(rb'" (\d{3}) |"status": ?"?(\d{3})(?:","rt":\d(\d))?')
# of a session at the stream front (deploy/nginx/ideolab-front.conf) its seconds stand next
_SESSION = b'","sess":'
#: five seconds or more without a byte: what filter.d/nginx-ideolab-front.conf reads, tests compare both
_SILENCE = re.compile(rb'","sess":(?:[5-9]|\d{2,})\.\d+,"in":0,"out":0,"pre":"",')
#: the statuses that a filter reads; all of our own format are read, for the fingerprints in them
_READ = frozenset((b"408", b"000", b"400", b"405", b"413", b"431", b"494", b"495", b"496", b"497", b"499"))
_OURS = b'{"ip":"'
#: bytes; a line that is no longer is written as it came
SHORT = 256
#: bytes of a client's text that are written: the filters read its beginning
_BEGINNING = 32
_URI = b'"uri":"'
#: no application was asked: what a client sends has no such quotes in it
_ALONE = b'"up":"",'
#: a gRPC client, as the filter knows it
_GRPC = b'"kind":"grpc"'
# what nginx's own escape=json may have begun within the last bytes
_HALF_ESCAPE = re.compile(rb"\\(?:u[0-9A-Fa-f]{0,3})?\Z")


class Words:
    """The words that lines of one kind have in common, and what such lines are to the jails.

    There is one object for each text: it is compared by what it is, which is faster than by what it says.
    """

    __slots__ = ("evidence", "excused", "text")

    def __init__(self, text: bytes, evidence: Evidence, excused: Optional[Words] = None) -> None:
        self.text, self.evidence = text, evidence
        #: the words of such a line that is no evidence after all: a page can have made a browser send its
        #: request, or an application was asked
        self.excused = excused


#: the key of the client (client.py), and the words
Kind = tuple[bytes, Words]
#: the kind of a line that no filter reads
UNREAD: Kind = (client.NOBODY, Words(b"", Evidence.SHOWN))
#: the kind of nginx's alert that it has no connection or descriptor left; no filter reads it
OUT_OF_CONNECTIONS: Kind = (client.NOBODY, Words(b"", Evidence.SHOWN))


#: of sessions at the front
_SILENT = Words(b"silent", Evidence.TIMEOUT)
_OVER_LIMIT = Words(b"over the limit", Evidence.SHOWN)


def classify_error(line: bytes) -> Optional[Kind]:
    """Return the kind of a line of the error log; None when it is none.

    It is UNREAD or OUT_OF_CONNECTIONS when no filter reads the line.
    """
    begin = line.find(b": ", *_FRONT_SIZES) + 2
    level = _read_level(line[:begin])
    if level is None:
        return None
    alert = line[begin:] if level in _ALERTS else b""
    # a line that is not about a connection names no client
    begin = line.find(b" ", begin) if line[begin : begin + 1] == b"*" else -1
    end = line.find(_CLIENT, begin)
    words = _words(line[begin : min(end, begin + LONGEST)]) if 0 <= begin < end else None
    if words is None:
        return OUT_OF_CONNECTIONS if alert and text.is_out_of_connections(alert) else UNREAD
    start = end + len(_CLIENT)
    stop = line.find(b",", start, start + _LONGEST_ADDRESS + 1)
    key = line[start:stop] if stop >= 0 else client.NOBODY
    if b":" in key:
        key = client.key_of(key)
    if words.excused is not None and text.is_from_browser(line[stop:]):
        words = words.excused
    return (key, words) if key else UNREAD


@functools.lru_cache(maxsize=256)
def _read_level(line: bytes) -> Optional[bytes]:
    # remembered, as the words are: thousands of lines a second begin alike and say the same
    found = _FRONT.fullmatch(line)
    return found[1] if found else None


@functools.lru_cache(maxsize=1024)
def _words(message: bytes) -> Optional[Words]:
    # from a quote on it is a name or what a client sent; numbers differ from line to line
    return _words_of(message.partition(b'"')[0].translate(None, _DIGITS))


@functools.lru_cache(maxsize=4096)
def _words_of(said: bytes) -> Optional[Words]:
    evidence = text.evidence_of(said)
    if evidence is None:
        return None
    is_both = evidence is Evidence.GARBAGE and text.names_request(said)
    return Words(said, evidence, Words(said, Evidence.SHOWN) if is_both else None)


def classify_access(line: bytes) -> Kind:
    """Return the kind of a line of the access log; UNREAD when nothing reads it.

    Its words are the status, and whether the request took long: filters look at nothing else. Those of a
    session at the stream front are whether it was silent.
    """
    first, status = _FIRST.match(line), _STATUS.search(line)
    if first is None or status is None:
        return UNREAD
    if line.startswith(_SESSION, status.end()):
        return _classify_session(first[1], line, status)
    key = first[1]
    if b":" in key:
        key = client.key_of(key)
    words = _access_words(status[0], line.startswith(_OURS))
    if words and words.excused and line.startswith(_OURS) and (_ALONE not in line or _GRPC in line):
        words = words.excused
    return (key, words) if key and words else UNREAD


def _classify_session(address: bytes, line: bytes, status: re.Match[bytes]) -> Kind:
    key = client.key_of(address)
    if key and status[2] == b"503":
        return key, _OVER_LIMIT
    is_silent = status[2] == b"200" and _SILENCE.match(line, status.end())
    return (key, _SILENT) if key and is_silent else UNREAD


@functools.lru_cache(maxsize=1024)
def _access_words(found: bytes, is_ours: bool) -> Optional[Words]:
    # remembered by what was found in the line, which has a few hundred forms
    status = _STATUS.fullmatch(found)
    number = (status[1] or status[2]) if status else b""
    return _status_words(number, bool(status and status[3])) if number in _READ or is_ours else None


@functools.lru_cache(maxsize=2048)
def _status_words(number: bytes, is_slow: bool) -> Words:
    is_counted = number == b"408" or (is_slow and number in (b"400", b"405", b"413", b"499"))
    said = number + (b" slow" if is_slow else b"")
    shown = Words(said, Evidence.SHOWN)
    return Words(said, Evidence.TIMEOUT, shown) if is_counted else shown


def write_error(line: bytes, kind: Kind) -> bytes:
    """Return what is written of a line of the error log: an IPv6 client as its /64, a request cut short.

    The line must have this kind. No filter reads more than how a request begins.
    """
    start = line.find(_CLIENT) + len(_CLIENT)
    stop = line.find(b",", start)
    # nginx's own words end at the first quote
    quote = line.find(b'"', stop) + 1
    if quote and len(line) > max(SHORT, quote + _BEGINNING):
        line = line[: quote + _BEGINNING] + b'"'
    return _name(line, start, stop, kind)


def write_access(line: bytes, kind: Kind) -> bytes:
    """Return what is written of a line of the access log: see write_error(); in our own format uri is cut."""
    if line.startswith(_OURS) and len(line) > SHORT:
        start = line.find(_URI) + len(_URI)
        if start >= len(_URI) and len(line) > start + _BEGINNING:
            line = _HALF_ESCAPE.sub(b"", line[: start + _BEGINNING]) + b'"}'
    found = _FIRST.match(line)
    return _name(line, *found.span(1), kind) if found else line


def _name(line: bytes, start: int, stop: int, kind: Kind) -> bytes:
    address = line[start:stop]
    return line if b":" not in address else line[:start] + client.text_of(kind[0]) + line[stop:]
