"""What kind of source a file is, by its content: its name says nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.sources import csv_rows, lines, network_list, objects
from ideolab_f2b.asn.sources.refusals import Refusals
from ideolab_f2b.ranges import mmdb, vendor_file

MMDB = "mmdb"
CSV = "csv"
LIBLOC = "libloc"
RADB = "radb"
LIST = "list"
#: {what stands at the begin of a file that is no source: what it is, and what makes one of it}
_OTHERS = {
    b"LOCDBXX": "libloc's own database: location --database FILE dump TEXT makes a text of it; take that",
    b"SQLite format 3": "a database of SQLite: give the file that it was built from",
    b"\xff\xfe": "text in UTF-16: write it in UTF-8 with iconv -f UTF-16 -t UTF-8",
    b"\xfe\xff": "text in UTF-16: write it in UTF-8 with iconv -f UTF-16 -t UTF-8",
}
#: bytes at the begin that are looked at
_HEAD = 64 * 1024
_ATTRIBUTE = re.compile(r"([a-z][a-z0-9-]*):", re.IGNORECASE)
_NETWORK = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}(?:\s.*)?")
_ANSWER = re.compile(r"A[0-9]+|[CDE]|F .*")
#: attributes of libloc's text; all others are those of a whois server
_LIBLOC = ("aut-num", "net")

#: {kind of a text: what reads it, from the file, with the number of the AS where the text has none}
READERS: dict[str, Callable[[BinaryIO, Refusals, int], Iterator[RangeRow]]] = {
    CSV: lambda file, refusals, _number: csv_rows.read(lines.read(file, refusals), refusals),
    LIBLOC: lambda file, refusals, _number: objects.read(lines.read(file, refusals), refusals),
    RADB: lambda file, refusals, _number: objects.read(lines.read(file, refusals), refusals),
    LIST: lambda file, refusals, number: network_list.read(
        lines.read(file, refusals, network_list.MOST_LINE), refusals, number
    ),
}
#: all kinds
KINDS = (MMDB, *READERS)


def detect(file: BinaryIO) -> str:
    """Return the kind of a source; ValueError, with the way out, for a file that is none. It is rewound."""
    head = file.read(_HEAD)
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - mmdb.DESCRIPTION_BYTES))
    tail = file.read(mmdb.DESCRIPTION_BYTES)
    file.seek(0)
    if not size:
        raise ValueError("empty: get it anew")
    others = (what for mark, what in _OTHERS.items() if head.startswith(mark))
    what = vendor_file.find_packing(head) or next(others, "")
    if what:
        raise ValueError(what)
    if mmdb.MARK in tail:
        return MMDB
    if b"\0" in head:
        raise ValueError(f"neither a text nor an MMDB file; {_offer()}")
    return _detect_text(head.decode("utf-8", "replace").lstrip("\ufeff"))


def _detect_text(head: str) -> str:
    rows = (row.strip() for row in head.splitlines())
    first = next((row for row in rows if row and row[0] not in "#%;"), "")
    if not first:
        raise ValueError(f"without any row at its begin; {_offer()}")
    if first[0] in "<{":
        raise ValueError(f"a web page or JSON, so a download failed or was another one; {_offer()}")
    attribute = _ATTRIBUTE.match(first)
    is_network = bool(_NETWORK.fullmatch(first)) and "," not in first
    if attribute and not is_network:
        return LIBLOC if attribute[1].lower() in _LIBLOC else RADB
    if is_network or _ANSWER.fullmatch(first):
        return LIST
    if "," in first or "\t" in first:
        return CSV
    raise ValueError(f"of no known format; {_offer()}")


def _offer() -> str:
    return "docs/asn.md says which files are taken and where they are from"
