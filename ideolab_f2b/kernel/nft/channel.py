"""One netlink socket to nf_tables: questions, and transactions that packets see at one instant."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator, Sequence

from ideolab_f2b.kernel.netlink import ACK, DATAGRAM_SIZE, DUMP, ERROR, REQUEST, Channel, error_code
from ideolab_f2b.kernel.nft.error import TransactionError
from ideolab_f2b.kernel.nft.message import INET, NETFILTER, SUBSYSTEM, Change

#: NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END of linux/netfilter/nfnetlink.h
_BEGIN, _END = 0x10, 0x11
#: SO_SNDBUFFORCE of asm-generic/socket.h: as root above the system's limit
_SEND_FORCE = 32
#: bytes of the largest transaction: half a million elements
_SEND_SIZE = 32 << 20
_HEADER = struct.Struct("=IHHII")
#: struct nfgenmsg: family, version, resource
_GENERIC = struct.Struct("!BBH")
_GENERIC_SIZE = 4
_SEQUENCES = 1 << 32


class NftChannel(Channel):
    """One socket to nf_tables. Not thread-safe: the owner holds a lock round each call."""

    def __init__(self) -> None:
        super().__init__(NETFILTER)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_SIZE)
        with contextlib.suppress(OSError):
            # without it, as in a container of another user, the system's limit holds
            self._socket.setsockopt(socket.SOL_SOCKET, _SEND_FORCE, _SEND_SIZE)

    @property
    def port(self) -> int:
        """The number by which the kernel knows this socket."""
        number: int = self._socket.getsockname()[0]
        return number

    @property
    def capacity(self) -> int:
        """Bytes that one transaction may have."""
        # the kernel doubles what it is given, and counts its own records too
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) // 2

    def ask(self, kind: int, payload: bytes = b"", family: int = INET) -> list[bytes]:
        """Return the payload of the one answer; OSError as the kernel gave it."""
        return self._take(kind, payload, family, ACK)

    def dump_all(self, kind: int, payload: bytes = b"", family: int = INET) -> list[bytes]:
        """Return the payloads of a whole dump; OSError as the kernel gave it."""
        return self._take(kind, payload, family, DUMP)

    def commit(self, changes: Sequence[Change], family: int = INET) -> None:
        """Make all changes at one instant, or none; TransactionError names the first that was refused.

        The kernel has done it when send() returns, and answers only what it refuses.
        """
        if not changes:
            return
        begin = self._sequence + 1
        self._sequence = (begin + len(changes) + 1) % _SEQUENCES
        self._socket.send(b"".join(_batch(changes, begin, family)))
        refused = self._refusals(begin, len(changes))
        unanswered = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if refused:
            raise TransactionError(refused[0][1], refused[0][0])
        if unanswered:
            raise TransactionError(unanswered, -1)

    def _take(self, kind: int, payload: bytes, family: int, flags: int) -> list[bytes]:
        header = _GENERIC.pack(family, 0, 0)
        found = self.dump(SUBSYSTEM << 8 | kind, header + payload, flags)
        return [answer[_GENERIC_SIZE:] for answer in found]

    def _refusals(self, begin: int, count: int) -> list[tuple[int, int]]:
        """Read what was refused: the number of the change (-1: the whole) and the error."""
        found: list[tuple[int, int]] = []
        while self._has_answer():
            try:
                datagram = self._socket.recv(DATAGRAM_SIZE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            found += (
                (sequence, code)
                for sequence, code in _errors(datagram, begin)
                if code and -1 <= sequence < count
            )
        return sorted(found)


def _batch(changes: Sequence[Change], begin: int, family: int) -> Iterator[bytes]:
    frame = _GENERIC.pack(0, 0, SUBSYSTEM)
    generic = _GENERIC.pack(family, 0, 0)
    yield _HEADER.pack(20, _BEGIN, REQUEST, begin % _SEQUENCES, 0) + frame
    for number, (kind, payload, flags) in enumerate(changes, begin + 1):
        length = 20 + len(payload)
        yield _HEADER.pack(length, SUBSYSTEM << 8 | kind, REQUEST | flags, number % _SEQUENCES, 0)
        yield generic + payload
    yield _HEADER.pack(20, _END, REQUEST, (begin + len(changes) + 1) % _SEQUENCES, 0) + frame


def _errors(datagram: bytes, begin: int) -> Iterator[tuple[int, int]]:
    """Yield the number of the change and the error of each answer of a datagram."""
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, _flags, sequence, _port = _HEADER.unpack_from(datagram, offset)
        if length < _HEADER.size or offset + length > len(datagram):
            return
        if kind == ERROR:
            # the whole is refused under the number of the first message
            index = (sequence - begin + 1) % _SEQUENCES - 2
            yield index, error_code(datagram[offset + _HEADER.size : offset + length])
        offset += (length + 3) & ~3
