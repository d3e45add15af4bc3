"""Reads the values of an MMDB file, whose bytes may be hostile: each is bounded in depth, size and number."""

from __future__ import annotations

import struct
from typing import Any, Union

#: maps within maps; vendors have 4
_MOST_DEPTH = 16
#: values of one record; a city of MaxMind has 100, with its names in 8 languages
_MOST_VALUES = 4096
#: bytes of a text; AS names have 100
_MOST_BYTES = 64 * 1024
#: bytes of a text that count as one value more
_TEXT_STEP = 64
#: values of the whole file, about ten seconds of work; GeoLite2-City has some millions
_MOST_OF_FILE = 20_000_000
#: values that are remembered at most, some 100 bytes each
MOST_REMEMBERED = 1_000_000
#: kinds of values, from the specification of the format, version 2.0
_EXTENDED, _POINTER, _TEXT, _DOUBLE, _BYTES, _UNSIGNED16, _UNSIGNED32, _MAP = range(8)
_SIGNED32, _UNSIGNED64, _UNSIGNED128, _ARRAY = 8, 9, 10, 11
_BOOLEAN, _FLOAT = 14, 15
_NUMBERS = {_UNSIGNED16: 2, _UNSIGNED32: 4, _SIGNED32: 4, _UNSIGNED64: 8, _UNSIGNED128: 16}
_REALS = {_DOUBLE: struct.Struct(">d"), _FLOAT: struct.Struct(">f")}
#: what is added to a pointer of 1 to 4 bytes
_POINTER_BASE = (0, 2048, 526336, 0)
#: what is added to a size of 1 to 3 bytes
_SIZE_BASE = (29, 285, 65821)


class MmdbError(ValueError):
    """A file is no MMDB file, or one that is cut, cyclic or larger than any vendor's."""


class MmdbValues:
    """One section of a file; offsets count from its begin. What is pointed to twice is read once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left_of_file = _MOST_OF_FILE
        self._left_of_record = 0
        self._remembered: dict[int, Any] = {}
        self._size_remembered = 0

    @property
    def count(self) -> int:
        """How many values were read so far; long texts count as several."""
        return _MOST_OF_FILE - self._left_of_file

    def read(self, at: int) -> Any:
        """Return the value at an offset; MmdbError for what is no value, or is too large."""
        before = self._left_of_record = _MOST_VALUES
        try:
            return self._read(at, 0)[0]
        except (IndexError, struct.error):
            raise MmdbError("a value goes beyond the end of the file") from None
        finally:
            self._left_of_file -= before - self._left_of_record

    def _read(self, at: int, depth: int) -> tuple[Any, int]:
        data = self._data
        control = data[at]
        at += 1
        kind = control >> 5
        if kind == _POINTER:
            target, at = self._read_pointer(control, at)
            return self._follow(target, depth), at
        if kind == _EXTENDED:
            kind, at = data[at] + 7, at + 1
        self._count(depth)
        size = control & 31
        if size > 28:
            length = size - 28
            size = _SIZE_BASE[length - 1] + int.from_bytes(data[at : at + length], "big")
            at += length
        if kind in (_TEXT, _BYTES):
            return self._read_bytes(kind, at, size), at + size
        if kind == _MAP:
            return self._read_map(at, size, depth + 1)
        if kind == _ARRAY:
            return self._read_array(at, size, depth + 1)
        if kind == _BOOLEAN:
            return bool(size), at
        return self._read_number(kind, at, size), at + size

    def _count(self, depth: int) -> None:
        self._left_of_record -= 1
        if depth > _MOST_DEPTH:
            raise MmdbError(f"a value lies more than {_MOST_DEPTH} deep, or in itself")
        if self._left_of_record < 0:
            raise MmdbError(f"a record has more than {_MOST_VALUES} values")
        if self._left_of_file < 0:
            raise MmdbError(f"the file has more than {_MOST_OF_FILE} values")

    def _read_pointer(self, control: int, at: int) -> tuple[int, int]:
        length = (control >> 3 & 3) + 1
        high = 0 if length == 4 else control & 7
        low = int.from_bytes(self._data[at : at + length], "big")
        return (high << 8 * length) + low + _POINTER_BASE[length - 1], at + length

    def _follow(self, target: int, depth: int) -> Any:
        found = self._remembered.get(target, self)
        if found is not self:
            return found
        if self._data[target] >> 5 == _POINTER:
            raise MmdbError("a pointer leads to a pointer")
        before = self._left_of_record
        value = self._read(target, depth + 1)[0]
        self._size_remembered += before - self._left_of_record
        if self._size_remembered > MOST_REMEMBERED:
            self._remembered.clear()
            self._size_remembered = 0
        self._remembered[target] = value
        return value

    def _read_bytes(self, kind: int, at: int, size: int) -> Union[str, bytes]:
        if size > _MOST_BYTES:
            raise MmdbError(f"a text has {size} bytes")
        self._left_of_record -= size // _TEXT_STEP
        raw = self._data[at : at + size]
        if len(raw) < size:
            raise IndexError
        # a name that is no UTF-8 is a name still
        return raw.decode("utf-8", "replace") if kind == _TEXT else raw

    def _read_map(self, at: int, size: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        for _each in range(size):
            key, at = self._read(at, depth)
            if not isinstance(key, str):
                raise MmdbError("a key of a map is no text")
            found[key], at = self._read(at, depth)
        return found, at

    def _read_array(self, at: int, size: int, depth: int) -> tuple[list[Any], int]:
        found = []
        for _each in range(size):
            value, at = self._read(at, depth)
            found.append(value)
        return found, at

    def _read_number(self, kind: int, at: int, size: int) -> Union[int, float]:
        raw = self._data[at : at + size]
        if len(raw) < size:
            raise IndexError
        if kind in _REALS:
            return float(_REALS[kind].unpack(raw)[0])
        if size > _NUMBERS.get(kind, -1):
            raise MmdbError(f"a value is of kind {kind} with {size} bytes, which there is not")
        return int.from_bytes(raw, "big", signed=kind == _SIGNED32 and size == 4)
