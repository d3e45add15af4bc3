"""Recorded dumps of sockets, the rows in them, and dumps made of their messages."""

from __future__ import annotations

import struct
from pathlib import Path

from ideolab_f2b.kernel.netlink import message
from ideolab_f2b.kernel.sockets.dump import Parser
from ideolab_f2b.kernel.sockets.row import Row
from ideolab_f2b.kernel.sockets.tcp_info import layout

RECORDED = Path(__file__).with_name("recorded")
DUMPS = {path.stem: path.read_bytes() for path in RECORDED.glob("*.dump")}
#: what recorded/record.py played; state 3 is SYN-RECV, 8 CLOSE-WAIT; inode 0 where it was not accepted
ROWS: list[Row] = [
    (10, 1, 0, 0, 36778, b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0q\x07", 200001, 0, 0, 847476,
     3012, 3012, 3012, 0, 0, 0, 0, 0, 0),
    (2, 1, 0, 0, 19841, b"\xc63d\x02\0\0\0\0\0\0\0\0\0\0\0\0", 200002, 200, 0, 847444,
     3220, 3220, 3220, 0, 200, 1, 0, 0, 0),
    (10, 1, 0, 0, 53228, b" \x01\r\xb8\0\x0c\0\0\0\0\0\0\0\0\0\t", 200003, 0, 0, 0,
     3000, 3000, 3000, 0, 0, 0, 0, 0, 0),
    (10, 1, 0, 0, 15261, b" \x01\r\xb8\0\x0c\0\0\0\0\0\0\0\0\0\x03", 200004, 0, 0, 849388,
     3004, 3004, 3004, 3000, 517, 1, 3, 0, 0),
    (2, 8, 0, 0, 33181, b"\xc63d\x05\0\0\0\0\0\0\0\0\0\0\0\0", 200005, 1, 0, 847448,
     3220, 3220, 3220, 0, 1, 0, 0, 0, 0),
    (2, 1, 0, 0, 9097, b"\xc63d\x01\0\0\0\0\0\0\0\0\0\0\0\0", 200006, 0, 0, 847442,
     3220, 3220, 3220, 0, 0, 0, 0, 0, 0),
    (2, 1, 4, 0, 46514, b"\xc63d\x04\0\0\0\0\0\0\0\0\0\0\0\0", 200007, 0, 33580, 847446,
     3220, 3220, 1668, 1460, 0, 0, 2, 3220000, 3220000),
    (10, 3, 1, 3, 63918, b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0q\x08", 200008, 0, 0, 0,
     0, 0, 0, 0, 0, 0, 0, 0, 0),
    (10, 3, 1, 3, 42917, b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc63d\x06", 200009, 0, 0, 0,
     0, 0, 0, 0, 0, 0, 0, 0, 0),
]  # fmt: skip


def messages(dump: bytes) -> list[bytes]:
    """The messages of a recorded dump."""
    found = []
    while dump:
        length = struct.unpack_from("=I", dump)[0]
        found.append(dump[:length])
        dump = dump[length:]
    return found


def error(code: int) -> bytes:
    """The kernel's refusal of a dump."""
    return message(2, 0, struct.pack("=i", -code) + bytes(16))


def with_info(size: int) -> bytes:
    """The first recorded connection as a kernel with a shorter struct tcp_info would tell it."""
    whole = messages(DUMPS["unprivileged"])[0]
    offset = whole.index(struct.pack("=HH", 4 + 280, 2))
    cut = whole[16:offset] + struct.pack("=HH", 4 + size, 2) + whole[offset + 4 : offset + 4 + size]
    return message(20, 2, cut)


def parse(dump: bytes) -> list[Row]:
    """The rows of a recorded dump: its datagrams one after another."""
    return list(Parser(layout, "recorded dump").records(memoryview(dump)))
