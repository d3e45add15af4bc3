"""Reads one datagram with its sender's credentials by each call: half as fast, but without ctypes."""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection

from ideolab_f2b.intake import datagram
from ideolab_f2b.intake.reader import BATCH, Refusal

#: a plain int: `&` with a member of an enum costs more than the rest of the work on a datagram
_CUT = int(socket.MSG_TRUNC)
#: struct ucred: process, user, group
_CREDENTIALS = struct.Struct("=iII")
_CONTROL = socket.CMSG_SPACE(_CREDENTIALS.size)
#: the user where the kernel names none
_NOBODY = 0xFFFFFFFF


class Recvmsg:
    """Reads any number of sockets, one after the other."""

    def receive(self, receiver: socket.socket, senders: Collection[int]) -> tuple[list[bytes], list[Refusal]]:
        """Return what is there, one call for each: see reader.Reader. OSError when the socket is closed."""
        taken: list[bytes] = []
        refused: list[Refusal] = []
        try:
            for _number in range(BATCH):
                data, control, flags, _address = receiver.recvmsg(datagram.SIZE, _CONTROL)
                user = _CREDENTIALS.unpack(control[0][2])[1] if control else _NOBODY
                if user in senders and not flags & _CUT:
                    taken.append(data)
                else:
                    refused.append(Refusal(user, bool(flags & _CUT)))
        except BlockingIOError:
            pass
        return taken, refused
