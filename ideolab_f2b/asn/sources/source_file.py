"""One file that a table is built from: opened, recognized, and dated."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Optional

from ideolab_f2b import files
from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.sources import kinds, mmdb_rows
from ideolab_f2b.asn.sources.refusals import Refusals
from ideolab_f2b.logline import quote
from ideolab_f2b.notation import as_number
from ideolab_f2b.ranges import vendor_file
from ideolab_f2b.ranges.mmdb import MmdbFile

#: what stands for standard input
STANDARD_INPUT = Path("-")
#: bytes of standard input, which is held in memory: all routes of the largest AS are less than one of these
_MOST_INPUT = 64 << 20
#: the number in a file's name, as `location export` writes it: AS64500v4.networks
_NAMED = re.compile(r"(?<![A-Za-z0-9])AS[1-9][0-9]{0,9}(?![0-9])", re.IGNORECASE)


class SourceError(ValueError):
    """A file is no source, or a broken one; the text names it and the way out."""


@dataclass
class SourceFile:
    """A file, or standard input (`-`); `kind` and `number` may be given where the content does not say.

    `name`, `kind` and `dated` (epoch seconds) are known once its rows were asked for.
    """

    path: Path
    kind: str = ""
    number: int = 0
    dated: float = 0.0
    refusals: Refusals = field(default_factory=Refusals)

    @property
    def name(self) -> str:
        """What lines and errors call it."""
        return "standard input" if self.path == STANDARD_INPUT else str(self.path)

    def read(self, standard_input: Optional[BinaryIO], now: float) -> Iterator[RangeRow]:
        """Yield the rows. SourceError for what is no source; OSError where it cannot be read."""
        count = 0
        try:
            with self._open(standard_input, now) as file:
                self.kind = self.kind or kinds.detect(file)
                for row in self._rows(file):
                    count += 1
                    yield row
        except files.NotRegularError as error:
            raise SourceError(f"{error}: a pipe is taken as standard input, with --file -") from error
        except ValueError as error:
            raise SourceError(f"{quote(self.name)}: {_shorten(error, self.name)}") from error
        # anybody can register routes, so that junk among them is no sign of a broken file
        if not count or (self.kind != kinds.RADB and self.refusals.total > count):
            raise SourceError(f"{quote(self.name)}: {self._complain(count)}")

    @contextlib.contextmanager
    def _open(self, standard_input: Optional[BinaryIO], now: float) -> Iterator[BinaryIO]:
        if self.path == STANDARD_INPUT:
            content = b"" if standard_input is None else standard_input.read(_MOST_INPUT + 1)
            if len(content) > _MOST_INPUT:
                raise ValueError(f"more than {_MOST_INPUT >> 20} MB: write it into a file, and give that")
            self.dated = vendor_file.find_date(content[:4096]) or now
            yield io.BytesIO(content)
            return
        with files.open_where_it_leads(self.path) as file:
            dated = vendor_file.find_date(file.read(4096))
            self.dated = min(dated or vendor_file.read_time(os.fstat(file.fileno())), now)
            file.seek(0)
            yield file

    def _rows(self, file: BinaryIO) -> Iterator[RangeRow]:
        if self.kind != kinds.MMDB:
            number = self.number or _find_number(self.path.name)
            return kinds.READERS[self.kind](file, self.refusals, number)
        if self.path == STANDARD_INPUT:
            raise ValueError("an MMDB file is taken by its path only: --file PATH")
        found = MmdbFile(self.path)
        self.dated = found.built or self.dated
        return mmdb_rows.read(found, self.refusals)

    def _complain(self, count: int) -> str:
        seen = f"of kind {self.kind}, with {count} networks of an AS"
        rest = f", {self.refusals.unannounced} without one" if self.refusals.unannounced else ""
        refused = (
            f", {self.refusals.total} refused: {'; '.join(self.refusals.describe())}"
            if self.refusals.total
            else ""
        )
        return f"{seen}{rest}{refused}; get it anew, or give its kind with --source (docs/asn.md)"


def _find_number(name: str) -> int:
    found = _NAMED.search(name)
    with contextlib.suppress(ValueError):
        return as_number.parse(found[0]) if found else 0
    return 0


def _shorten(error: ValueError, name: str) -> str:
    """Return the error without the name of the file, which some have already."""
    text = str(error)
    return text[len(name) + 2 :] if text.startswith(f"{name}: ") else text
