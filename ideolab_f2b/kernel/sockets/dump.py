"""Cuts a dump of sockets into records, whatever part of a socket a record is; knows no field of it."""

from __future__ import annotations

import contextlib
import errno
import struct
from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple, Optional

from ideolab_f2b.kernel.netlink import DATAGRAM_SIZE, DONE, ERROR, NOOP, Channel, KernelError, error_code
from ideolab_f2b.kernel.sockets.inet_diag import (
    BOTH_FAMILIES,
    BY_FAMILY,
    SOCK_DIAG,
    garbled_error,
    refusal_error,
)

#: what a Layout unpacks of one message
Record = tuple[Any, ...]
_SOCKETS = frozenset((BOTH_FAMILIES, BY_FAMILY))
_HEADER = struct.Struct("=IH")


class Layout(NamedTuple):
    """How messages of one length become records: `record` unpacks, `missing` stands for what they lack."""

    record: struct.Struct
    missing: Record
    #: the offset of a word that all these messages share, and the word: INFO's header, or their length
    landmark: int
    word: int


def batches(
    request: bytes,
    layout: Callable[[memoryview], Layout],
    asked: str,
    *,
    channel: Optional[Channel] = None,
) -> Generator[Iterable[Record], None, None]:
    """Yield the records of a BOTH_FAMILIES dump, a batch for each datagram.

    Take each batch before asking for the next. `asked` names the dump in errors: DumpError when the kernel's
    answer cannot be read or does not come, KernelError when it refuses. `channel` looks into the namespace in
    which it was opened; it stays open, unless the dump is not taken to its end: what is left of it would be
    read as the answer to the next one.
    """
    parser = Parser(layout, asked)
    buffer = memoryview(bytearray(DATAGRAM_SIZE))
    try:
        with contextlib.ExitStack() as opened:
            source = opened.enter_context(channel or Channel(SOCK_DIAG))
            for used in source.datagrams(BOTH_FAMILIES, request, buffer):
                yield parser.records(buffer[:used])
                if parser.is_finished:
                    if channel is not None:
                        opened.pop_all()
                    return
    except KernelError:
        raise
    except OSError as error:
        raise refusal_error(error.errno or errno.ETIMEDOUT, asked) from error


class Parser:
    """Cuts the datagrams of one dump into records; `is_finished` once its last message was seen."""

    def __init__(self, layout: Callable[[memoryview], Layout], asked: str) -> None:
        self.is_finished = False
        self._layout, self._asked = layout, asked
        self._layouts: dict[int, Layout] = {}

    def records(self, datagram: memoryview) -> Iterable[Record]:
        """Return the records of one datagram, which must stay as it is until they are taken."""
        if len(datagram) < 16 or len(datagram) % 4:
            raise garbled_error(f"a datagram of {len(datagram)} bytes")
        words = datagram.cast("I")
        length, kind = _HEADER.unpack_from(datagram)
        known = self._layouts.get(length)
        if known and kind in _SOCKETS and _is_uniform(words, length // 4, known):
            return known.record.iter_unpack(datagram)
        return self._walk(datagram, words)

    def _walk(self, datagram: memoryview, words: memoryview[int]) -> list[Record]:
        found: list[Record] = []
        offset, end = 0, len(datagram)
        while offset < end and not self.is_finished:
            length, kind = _HEADER.unpack_from(datagram, offset) if offset + 16 <= end else (0, 0)
            if length < 16 or offset + length > end:
                raise garbled_error(f"a message of {length} bytes, {end - offset} bytes before the end")
            if kind in _SOCKETS:
                known = self._layouts.get(length)
                if known is None or words[(offset + known.landmark) // 4] != known.word:
                    known = self._layouts[length] = self._layout(datagram[offset : offset + length])
                found.append(known.record.unpack_from(datagram, offset) + known.missing)
            elif kind != NOOP:
                self._end(kind, datagram[offset + 16 : offset + length])
            offset += (length + 3) & ~3
        return found

    def _end(self, kind: int, payload: memoryview) -> None:
        if kind not in (DONE, ERROR):
            raise garbled_error(f"a message of type {kind}")
        code = error_code(bytes(payload))
        if code:
            raise refusal_error(code, self._asked)
        self.is_finished = True


def _is_uniform(words: memoryview[int], step: int, known: Layout) -> bool:
    """Return whether the datagram is only whole messages of this layout, which C can read in one go."""
    count, rest = divmod(len(words), step)
    return not (rest or known.missing) and all(
        words[at::step].tolist().count(words[at]) == count for at in (0, 1, known.landmark // 4)
    )
