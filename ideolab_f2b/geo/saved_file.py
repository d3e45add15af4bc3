"""Files of columns: a magic word, a header of JSON, the columns, and a checksum over all of it."""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ideolab_f2b import files

#: bytes of the whole file: ten times what all countries of the world need
_MAX_SIZE = 64 << 20
#: bytes of the number that says how long the header is
_LENGTH = 4
_CHECKSUM = hashlib.sha256().digest_size
#: readable by all, like the vendors' files: a list of countries is no secret
_MODE = 0o644


class SavedFileError(ValueError):
    """The file is missing, cut, changed, or of another kind; the text names it."""


def write(path: Path, magic: bytes, header: dict[str, Any], columns: Sequence[array[int]]) -> None:
    """Put the file at `path` in one step; the directory is made where it is missing. OSError names `path`."""
    shape = [[column.typecode, len(column)] for column in columns]
    head = json.dumps({**header, "columns": shape}, separators=(",", ":")).encode()
    content = b"".join([magic, len(head).to_bytes(_LENGTH, "big"), head, *map(_to_bytes, columns)])
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    files.replace(path, content + hashlib.sha256(content).digest(), _MODE, is_durable=True)


def read(path: Path, magic: bytes) -> tuple[dict[str, Any], list[array[int]]]:
    """Return header and columns. SavedFileError for a file that is not whole; FileNotFoundError, OSError."""
    with files.open_to_read(path) as file:
        content = file.read(_MAX_SIZE + 1)
    whole, checksum = content[:-_CHECKSUM], content[-_CHECKSUM:]
    if len(content) > _MAX_SIZE or not whole.startswith(magic):
        raise SavedFileError(f"{path} is no file of this kind, or of another version")
    if hashlib.sha256(whole).digest() != checksum:
        raise SavedFileError(f"{path} is cut or was changed: its checksum is wrong")
    try:
        return _parse(whole[len(magic) :])
    except (ValueError, KeyError, TypeError) as error:
        raise SavedFileError(f"{path} cannot be read: {error}") from error


def _parse(data: bytes) -> tuple[dict[str, Any], list[array[int]]]:
    at = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
    header, columns = json.loads(data[_LENGTH:at]), []
    for typecode, count in header.pop("columns"):
        if typecode not in ("B", "H", "I", "Q"):
            raise ValueError("it has a column of an unknown type")
        column: array[int] = array(typecode)
        size = column.itemsize * count
        column.frombytes(data[at : at + size])
        if len(column) != count:
            raise ValueError("a column is shorter than its header says")
        columns.append(_swap(column))
        at += size
    if at != len(data):
        raise ValueError("it has more bytes than its header says")
    return header, columns


def _to_bytes(column: array[int]) -> bytes:
    return _swap(column[:]).tobytes()


def _swap(column: array[int]) -> array[int]:
    # big-endian in the file, whatever this machine is
    if sys.byteorder == "little":
        column.byteswap()
    return column
