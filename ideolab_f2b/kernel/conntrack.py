"""Reads TCP flows of connection tracking that have a given port, over netlink or from /proc; bounded."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.netlink import (
    Channel,
    KernelError,
    ModuleMissingError,
    PermissionDeniedError,
    attribute,
    nest,
    unpack_attributes,
)

#: NETLINK_NETFILTER of linux/netlink.h
_NETFILTER = 12
#: NFNL_SUBSYS_CTNETLINK, the high byte of the message type, and IPCTNL_MSG_CT_GET
_GET = 1 << 8 | 1
#: enum ctattr_type of linux/netfilter/nfnetlink_conntrack.h
_ORIGINAL, _REPLY, _STATE, _FILTER = 1, 2, 4, 25
_TUPLE_IP, _TUPLE_PROTOCOL = 1, 2
_V4_SOURCE, _V4_DESTINATION, _V6_SOURCE, _V6_DESTINATION = 1, 2, 3, 4
_NUMBER, _SOURCE_PORT, _DESTINATION_PORT = 1, 2, 3
_TCP_INFO, _TCP_STATE = 1, 1
#: attributes of CTA_FILTER (since Linux 5.8; an older kernel sends all flows), and what they compare
_OF_ORIGINAL, _OF_REPLY = 1, 2
_BY_NUMBER = 1 << 3
_BY_SOURCE_PORT = 1 << 4
_BY_DESTINATION_PORT = 1 << 5
#: TCP_CONNTRACK_ESTABLISHED of linux/netfilter/nf_conntrack_tcp.h
_ESTABLISHED = 3
_HEADER_SIZE = 4
#: flows that are looked at, of whatever port: the kernel chooses those of the port, an older one does not
LIMIT = 50_000
#: seconds for all of it
PATIENCE_S = 3.0
PATH = Path("/proc/thread-self/net/nf_conntrack")
#: what is there as soon as connection tracking is: asking netlink would load it
_COUNT = Path("/proc/sys/net/netfilter/nf_conntrack_count")
_WORD = re.compile(r"(src|dst|sport|dport)=(\S+)")


class Flow(NamedTuple):
    """An established TCP flow: who asked for which address and port, and who answers from which."""

    source: Address
    destination: Address
    port: int
    server: Address
    server_port: int
    #: one client's flows differ in it alone
    source_port: int


class Flows(NamedTuple):
    """The flows that were found, each once; `is_whole`: nothing was left out for its number or time."""

    flows: frozenset[Flow]
    is_whole: bool


def is_tracking(path: Path = _COUNT) -> bool:
    """Return whether any flow of this network namespace is tracked; a rule that asks for it begins that."""
    try:
        return path.read_text().strip() not in ("", "0")
    except OSError:
        return False


def find_flows(ports: Iterable[int], limit: int = LIMIT, patience_s: float = PATIENCE_S) -> Flows:
    """Return the flows whose asked port, or whose server's port, is one of `ports`; KernelError."""
    wanted = frozenset(ports)
    deadline = time.monotonic() + patience_s
    try:
        return _collect(_dump_all(wanted), wanted, limit, deadline)
    except OSError as error:
        refusal = error
    try:
        with PATH.open(encoding="ascii", errors="replace") as file:
            return _collect(map(parse_line, file), wanted, limit, deadline)
    except OSError:
        raise _refusal_error(refusal) from refusal


def _collect(found: Iterable[Optional[Flow]], wanted: frozenset[int], limit: int, deadline: float) -> Flows:
    kept: set[Flow] = set()
    for count, flow in enumerate(found):
        if flow is not None and (flow.port in wanted or flow.server_port in wanted):
            kept.add(flow)
        if count >= limit or time.monotonic() > deadline:
            return Flows(frozenset(kept), is_whole=False)
    return Flows(frozenset(kept), is_whole=True)


def _dump_all(ports: Iterable[int]) -> Iterator[Optional[Flow]]:
    for port in sorted(ports):
        for family in (socket.AF_INET, socket.AF_INET6):
            for request in requests(family, port):
                # the time is looked at between two walks over the table, too
                yield None
                # a socket for each question: of a long table only the beginning is read
                with Channel(_NETFILTER) as channel:
                    yield from map(parse, channel.dump(_GET, request))


def requests(family: int, port: int) -> tuple[bytes, bytes]:
    """Return the payloads of two dumps: flows to this port, and flows that are answered from it. Pure."""
    header = struct.pack("=BBH", family, 0, 0)
    return (
        header + _filter(_ORIGINAL, _OF_ORIGINAL, _DESTINATION_PORT, _BY_DESTINATION_PORT, port),
        header + _filter(_REPLY, _OF_REPLY, _SOURCE_PORT, _BY_SOURCE_PORT, port),
    )


def _filter(direction: int, flags_of: int, place: int, flag: int, port: int) -> bytes:
    protocol = nest(
        _TUPLE_PROTOCOL,
        attribute(_NUMBER, bytes((socket.IPPROTO_TCP,))),
        attribute(place, port.to_bytes(2, "big")),
    )
    flags = {_OF_ORIGINAL: 0, _OF_REPLY: 0, flags_of: _BY_NUMBER | flag}
    words = [attribute(kind, struct.pack("=I", bits)) for kind, bits in flags.items()]
    return nest(direction, protocol) + nest(_FILTER, *words)


def parse(payload: bytes) -> Optional[Flow]:
    """Return the flow of one message; None when it is not TCP's, not established or garbled. Pure."""
    fields = dict(unpack_attributes(payload, _HEADER_SIZE))
    state = _open_nest(fields, _STATE, _TCP_INFO).get(_TCP_STATE, b"")
    asked, answered = (_read_tuple(fields.get(kind, b"")) for kind in (_ORIGINAL, _REPLY))
    if asked is None or answered is None or state != bytes((_ESTABLISHED,)):
        return None
    return Flow(asked[0], asked[1], asked[3], answered[0], answered[2], asked[2])


def _open_nest(fields: dict[int, bytes], *kinds: int) -> dict[int, bytes]:
    for kind in kinds:
        fields = dict(unpack_attributes(fields.get(kind, b"")))
    return fields


def _read_tuple(payload: bytes) -> Optional[tuple[Address, Address, int, int]]:
    """Return source, destination and their ports of a TCP tuple; None when it is none."""
    parts = dict(unpack_attributes(payload))
    addresses, protocol = _open_nest(parts, _TUPLE_IP), _open_nest(parts, _TUPLE_PROTOCOL)
    source = addresses.get(_V4_SOURCE) or addresses.get(_V6_SOURCE, b"")
    destination = addresses.get(_V4_DESTINATION) or addresses.get(_V6_DESTINATION, b"")
    if protocol.get(_NUMBER) != bytes((socket.IPPROTO_TCP,)) or {len(source), len(destination)} - {4, 16}:
        return None
    ports = (int.from_bytes(protocol.get(kind, b""), "big") for kind in (_SOURCE_PORT, _DESTINATION_PORT))
    return (ip_address(source), ip_address(destination), *ports)  # type: ignore[return-value]


def parse_line(line: str) -> Optional[Flow]:
    """Return the established TCP flow of a line of /proc/net/nf_conntrack; None when it is another. Pure."""
    words = _WORD.findall(line) if " tcp " in line and " ESTABLISHED " in line else []
    if [key for key, _value in words] != ["src", "dst", "sport", "dport"] * 2:
        return None
    source, destination, port, asked, server, _client, answered, _back = (value for _key, value in words)
    with contextlib.suppress(ValueError):
        addresses = ip_address(source), ip_address(destination), ip_address(server)
        return Flow(addresses[0], addresses[1], int(asked), addresses[2], int(answered), int(port))
    return None


def _refusal_error(error: OSError) -> KernelError:
    if isinstance(error, KernelError):
        return error
    code, asked = error.errno or errno.ETIMEDOUT, "flows of connection tracking"
    if code in (errno.EPERM, errno.EACCES):
        return PermissionDeniedError(code, asked)
    way_out = "load the kernel module: modprobe nf_conntrack_netlink"
    return ModuleMissingError(code, asked, way_out=way_out)
