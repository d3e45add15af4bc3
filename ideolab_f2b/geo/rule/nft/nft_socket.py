"""TEMPORARY: until kernel/nft is merged."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ideolab_f2b.kernel.netlink import ACK, DUMP, ERROR, REQUEST, Channel, message

_SUB = 10 << 8
_INET = struct.pack("!BBH", 1, 0, 0)
_BATCH = struct.pack("!BBH", 0, 0, 10)


class Message(NamedTuple):
    kind: int
    payload: bytes
    flags: int = 0


class NftError(OSError):
    def __init__(self, code: int, index: int) -> None:
        super().__init__(code, f"message {index}: {os.strerror(code)}")
        self.index = index


class Nft:
    def __init__(self) -> None:
        self._channel = Channel(12)
        self._s = self._channel._socket
        for option in (33, 32):
            self._s.setsockopt(socket.SOL_SOCKET, option, 16 << 20)
        self._seq = 1 << 20

    def close(self) -> None:
        self._channel.close()

    def transaction(self, messages: Iterable[Message]) -> None:
        todo = list(messages)
        if not todo:
            return
        begin = self._seq + 1
        out = [message(0x10, REQUEST, _BATCH, begin)]
        for number, one in enumerate(todo, 1):
            flags = REQUEST | one.flags | (ACK if number == len(todo) else 0)
            out.append(message(_SUB | one.kind, flags, _INET + one.payload, begin + number))
        last = begin + len(todo)
        out.append(message(0x11, REQUEST, _BATCH, last + 1))
        self._seq = last + 1
        self._s.send(b"".join(out))
        first = None
        while True:
            data, at = self._s.recv(1 << 17), 0
            while at + 20 <= len(data):
                length, kind, _flags, seq, _port, code = struct.unpack_from("=IHHIIi", data, at)
                at += (length + 3) & ~3
                if kind != ERROR or not begin <= seq <= last:
                    continue
                if code and first is None:
                    first = NftError(-code, seq - begin - 1)
                if seq in (begin, last):
                    if first:
                        raise first
                    return

    def dump(self, kind: int, payload: bytes = b"", flags: int = DUMP) -> Iterator[bytes]:
        for one in list(self._channel.dump(_SUB | kind, _INET + payload, flags)):
            yield one[4:]
