"""Walks a whole MMDB file, which the reader of Debian 12 cannot; its bytes may be hostile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ideolab_f2b import files
from ideolab_f2b.ranges import mmdb_tree
from ideolab_f2b.ranges.mmdb_values import MOST_REMEMBERED, MmdbValues
from ideolab_f2b.ranges.mmdb_values import MmdbError as MmdbError

#: bytes; the file is held in memory
MOST_BYTES = 256 * 1024 * 1024
#: what stands before the description of a file
MARK = b"\xab\xcd\xefMaxMind.com"
#: bytes at the end of a file in which its description lies
DESCRIPTION_BYTES = 128 * 1024
#: empty bytes between the tree and the values
_GAP = 16
_VERSIONS = {4: 32, 6: 128}


class MmdbFile:
    """One file, in memory; `kind` is what its vendor calls it, `built` the date of its data (epoch seconds).

    MmdbError, which names the file, where it is none or broken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with files.open_where_it_leads(path) as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise MmdbError(f"{path}: larger than {MOST_BYTES >> 20} MB, which no country or AS file is")
        try:
            self._describe(data)
        except MmdbError as error:
            raise MmdbError(f"{path}: no MMDB file that can be read: {error}; get it anew") from error

    def _describe(self, data: bytes) -> None:
        mark = data.rfind(MARK, max(0, len(data) - DESCRIPTION_BYTES))
        if mark < 0:
            raise MmdbError("it does not end as one does")
        fields = MmdbValues(data[mark + len(MARK) :]).read(0)
        if not isinstance(fields, Mapping):
            raise MmdbError("its description is no map")
        nodes, size, version, major = (
            _number(fields, key)
            for key in ("node_count", "record_size", "ip_version", "binary_format_major_version")
        )
        if size not in mmdb_tree.RECORD_SIZES or version not in _VERSIONS or major != 2:
            raise MmdbError(f"version {major} with {size} bits and IPv{version} is not known")
        end = nodes * size // 4
        if end + _GAP > mark:
            raise MmdbError("it is cut: its tree is longer than the file")
        self.kind = str(fields.get("database_type", ""))
        self.built = float(_number(fields, "build_epoch")) if "build_epoch" in fields else 0.0
        self._bits = _VERSIONS[version]
        self._children = mmdb_tree.unpack(data[:end], size)
        self._values = MmdbValues(data[end + _GAP : mark])

    def walk(self) -> Iterator[tuple[int, int, int, Any]]:
        """Yield (version, first, last, record) of each network; equal records are one object.

        MmdbError where the file turns out to be broken on the way.
        """
        bits, values, records, limit = self._bits, self._values, dict[int, Any](), MOST_REMEMBERED
        try:
            for address, depth, offset in mmdb_tree.walk(self._children, bits):
                record = records.get(offset)
                if record is None:
                    if offset < _GAP:
                        raise MmdbError("a network has its record in front of all")
                    if values.count > limit:
                        records.clear()
                        limit = values.count + MOST_REMEMBERED
                    record = records[offset] = values.read(offset - _GAP)
                is_4 = bits == 32 or (depth >= 96 and not address >> 32)
                yield 4 if is_4 else 6, address, address + (1 << bits - depth) - 1, record
        except MmdbError as error:
            raise MmdbError(f"{self._path}: a broken MMDB file: {error}; get it anew") from error


def walk(path: Path) -> Iterator[tuple[int, int, int, Any]]:
    """Yield (version, first, last, record) of each network of a file, in the order of addresses."""
    return MmdbFile(path).walk()


def _number(fields: Mapping[str, Any], key: str) -> int:
    found = fields.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise MmdbError(f"its description lacks the number {key}")
    return found
