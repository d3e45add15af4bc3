"""Reads many datagrams with their senders' credentials by one call: recvmmsg(2), through ctypes."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
from collections.abc import Collection

from ideolab_f2b.intake import datagram
from ideolab_f2b.intake.reader import BATCH, Refusal

#: each byte of the user's number where the kernel names none
_NOBODY = b"\xff"
#: plain ints: `&` with a member of an enum costs more than the rest of the work on a datagram
_CUT = int(socket.MSG_TRUNC)
_DONT_WAIT = int(socket.MSG_DONTWAIT)
#: bytes of a control message with struct ucred, which has 12
_CONTROL = socket.CMSG_SPACE(12)
#: in words of 32 bits: where in a control message the user's number is, after header and process number
_UID = socket.CMSG_LEN(0) // 4 + 1


class _Buffer(ctypes.Structure):
    """Struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """Struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint),
        ("buffers", ctypes.c_void_p),
        ("buffer_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_uint),
    )


class _Message(ctypes.Structure):
    """Struct mmsghdr."""

    _fields_ = (("header", _Header), ("size", ctypes.c_uint))


#: in words of 32 bits: from one message to the next
_STRIDE = ctypes.sizeof(_Message) // 4
#: in words of 32 bits: where in a message its flags are
_FLAGS = _Header.flags.offset // 4
#: in words of 32 bits: where in a message the size of its datagram is
_SIZE = _Message.size.offset // 4


class Recvmmsg:
    """Buffers that serve any number of sockets, one after the other."""

    def __init__(self) -> None:
        self._call = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._call.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        # pages that no datagram ever reached take no memory
        data = mmap.mmap(-1, BATCH * datagram.SIZE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(data))
        control = (ctypes.c_char * (BATCH * _CONTROL))()
        buffers, self._messages = (_Buffer * BATCH)(), (_Message * BATCH)()
        for number in range(BATCH):
            buffers[number] = _Buffer(start + number * datagram.SIZE, datagram.SIZE)
            self._messages[number].header = _Header(
                buffers=ctypes.addressof(buffers[number]),
                buffer_count=1,
                control=ctypes.addressof(control) + number * _CONTROL,
                control_size=_CONTROL,
            )
        # the kernel writes where the addresses above say: all of it lives as long as this
        self._buffers = buffers
        self._data = memoryview(data)
        self._control = memoryview(control).cast("B")
        self._headers = memoryview(self._messages).cast("B")
        self._fresh = bytes(self._headers)

    def receive(self, receiver: socket.socket, senders: Collection[int]) -> tuple[list[bytes], list[Refusal]]:
        """Return what is there by one call: see reader.Reader. OSError when the socket is closed."""
        count = self._fill(receiver)
        headers, control = self._headers.cast("I"), self._control.cast("I")
        sizes = headers[_SIZE : count * _STRIDE : _STRIDE].tolist()
        flags = headers[_FLAGS : count * _STRIDE : _STRIDE].tolist()
        users = control[_UID : count * _CONTROL // 4 : _CONTROL // 4].tolist()
        data, starts = self._data, range(0, BATCH * datagram.SIZE, datagram.SIZE)
        taken = [
            bytes(data[start : start + size])
            for start, size, flag, user in zip(starts, sizes, flags, users)
            if user in senders and not flag & _CUT
        ]
        if len(taken) == count:
            return taken, []
        refused = [Refusal(user, bool(flag & _CUT)) for flag, user in zip(flags, users)]
        return taken, [one for one in refused if one.is_cut or one.user not in senders]

    def _fill(self, receiver: socket.socket) -> int:
        """Read a batch into the buffers; return how many datagrams came."""
        self._headers[:] = self._fresh
        # a datagram without credentials must not have those of the one before
        self._control[:] = _NOBODY * len(self._control)
        count: int = self._call(receiver.fileno(), ctypes.addressof(self._messages), BATCH, _DONT_WAIT, None)
        if count >= 0:
            return count
        code = ctypes.get_errno()
        if code in (errno.EAGAIN, errno.EINTR):
            return 0
        raise OSError(code, os.strerror(code))
