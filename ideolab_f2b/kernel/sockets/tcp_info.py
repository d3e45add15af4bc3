"""Finds the fields of a row in a message of sock_diag: struct inet_diag_msg and struct tcp_info. Pure."""

from __future__ import annotations

import struct
from typing import NamedTuple

from ideolab_f2b.kernel.sockets.dump import Layout
from ideolab_f2b.kernel.sockets.inet_diag import INFO, garbled_error

#: struct nlmsghdr and struct inet_diag_msg
_HEADERS_SIZE = 16 + 72
_ATTRIBUTE = struct.Struct("=HH")


class Fields(NamedTuple):
    """What is taken of a message.

    `headers` is a format of struct for its headers; `info` has (type, offset) of each field of struct
    tcp_info, which only ever grows.
    """

    headers: str
    info: tuple[tuple[str, int], ...]


#: the columns of row.Row: family to inode of the headers, the rest of struct tcp_info
_ROW = Fields(
    "=16x BBBB 2xH 16x16s 4xQ 4xII 4xI ",
    (("I", 44), ("I", 52), ("I", 56), ("Q", 120), ("Q", 128), ("I", 152), ("I", 156), ("Q", 168), ("Q", 176)),
)


def layout(message: memoryview, fields: Fields = _ROW) -> Layout:
    """Return the layout of messages like this one; its attributes stand elsewhere with another kernel."""
    length, offset = len(message), _HEADERS_SIZE
    if length < offset or length % 4:
        raise garbled_error(f"a socket of {length} bytes")
    while offset < length:
        size, kind = _ATTRIBUTE.unpack_from(message, offset)
        if size < 4 or offset + size > length:
            raise garbled_error(f"an attribute of {size} bytes, {length - offset} bytes before the end")
        if kind == INFO:
            return _layout(message, offset, size - 4, fields)
        offset += (size + 3) & ~3
    return _layout(message, 0, 0, fields)


def _layout(message: memoryview, landmark: int, info_size: int, fields: Fields) -> Layout:
    record, position, known = fields.headers, _HEADERS_SIZE, 0
    for code, offset in fields.info:
        start, size = landmark + 4 + offset, struct.calcsize(code)
        if offset + size > info_size:
            break
        record += f"{start - position}x{code}"
        position, known = start + size, known + 1
    whole = struct.Struct(record + f"{len(message) - position}x")
    return Layout(whole, (0,) * (len(fields.info) - known), landmark, message.cast("I")[landmark // 4])
