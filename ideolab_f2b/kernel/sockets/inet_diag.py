"""Requests of linux/inet_diag.h as bytes, and the kernel's refusals as named errors. Opens nothing."""

from __future__ import annotations

import errno
import socket
import struct

from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError, attribute

#: netlink protocol (linux/netlink.h)
SOCK_DIAG = 4
#: message types; the first is older and answers for both families in one walk
BOTH_FAMILIES, BY_FAMILY, DESTROY = 18, 20, 21
#: attribute of requests that holds a filter program
BYTECODE = 1
#: attribute of answers that holds struct tcp_info
INFO = 2
#: operation of the filter program that compares the peer (INET_DIAG_BC_D_COND)
_PEER_CONDITION = 8
#: first bytes of an IPv4 client of a dual-stack listener
_MAPPED = bytes(10) + b"\xff\xff"


class DumpError(KernelError):
    """The answer of the kernel cannot be read, or did not come."""

    way_out = "it is tried again; if it stays, feed `ss -tnoi` to `ideolab-f2b connmon --snapshot -`"


def garbled_error(what: str) -> DumpError:
    """Return the error of an answer that holds `what` where no reader expects it."""
    return DumpError(errno.EBADMSG, "dump of sockets", what)


def refusal_error(code: int, asked: str) -> KernelError:
    """Return the named error of an errno that the kernel answered the dump `asked` with."""
    if code == errno.ENOENT:
        return ModuleMissingError(code, asked, way_out="load the kernel module: modprobe tcp_diag")
    if code in (errno.EPERM, errno.EACCES):
        return PermissionDeniedError(code, asked)
    return DumpError(code, asked)


def fold(family: int, peer: bytes) -> bytes:
    """Return the packed address, 4 or 16 bytes, of a row's peer; an IPv4 client of an IPv6 socket has 4."""
    if family == socket.AF_INET:
        return peer[:4]
    return peer[12:] if peer.startswith(_MAPPED) else peer


def dump_request(port: int, states: int, condition: bytes = b"", *, with_info: bool = False) -> bytes:
    """Return the payload of a BOTH_FAMILIES dump of one local port; `states` is a row.mask()."""
    identity = struct.pack(">HH", port, 0) + bytes(36) + b"\xff" * 8
    extensions = 1 << (INFO - 1) if with_info else 0
    return struct.pack("=4B", 0, 0, 0, extensions) + identity + struct.pack("=II", states, 0) + condition


def peer_condition(address: bytes, prefix: int) -> bytes:
    """Return the attribute that picks the peers of one network; an IPv4 one picks mapped peers too."""
    family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    size = 4 + 8 + len(address)
    test = struct.pack("=BBH BBxxi", _PEER_CONDITION, size, size + 4, family, prefix, -1)
    return attribute(BYTECODE, test + address)


def destroy_request(family: int, identity: bytes) -> bytes:
    """Return the payload of a DESTROY of the one socket with this struct inet_diag_sockid."""
    return struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + identity
