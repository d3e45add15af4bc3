"""Closes the TCP sockets of given peers on given local ports (SOCK_DESTROY); bans nobody."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Collection, Iterator
from ipaddress import IPv4Network, IPv6Network
from itertools import chain
from typing import Union

from ideolab_f2b.kernel.netlink import Channel, KernelError, PermissionDeniedError
from ideolab_f2b.kernel.sockets.dump import Layout, batches
from ideolab_f2b.kernel.sockets.inet_diag import (
    DESTROY,
    SOCK_DIAG,
    destroy_request,
    dump_request,
    fold,
    garbled_error,
    peer_condition,
)
from ideolab_f2b.kernel.sockets.row import CLOSING, ESTABLISHED, LISTEN, TIME_WAIT, TIMER_TIMEWAIT, mask

Network = Union[IPv4Network, IPv6Network]

#: every state but TIME-WAIT, which holds nothing, and LISTEN
_STATES = mask(*range(ESTABLISHED, CLOSING + 1)) & ~mask(TIME_WAIT, LISTEN)
#: struct nlmsghdr; family, timer; struct inet_diag_sockid in three pieces, the peer's address in the middle
_VICTIM = "=16x BxBx 20s16s12s"
#: sockets per datagram: the kernel holds its sock_diag lock over one
_BATCH = 128
#: the socket is gone, or another one has its addresses by now
_GONE = frozenset((errno.ENOENT, errno.ESTALE))


class DestroyError(KernelError):
    """The kernel did not close what it was asked to close."""

    way_out = "bans hold all the same, and open connections end by their timeouts"


class DestroyUnsupportedError(DestroyError):
    """The kernel was built without INET_DIAG_DESTROY."""

    way_out = f"{DestroyError.way_out}; CONFIG_INET_DIAG_DESTROY=y would end them at once"


class Peers(dict[bytes, bool]):
    """Which peers of one family of sockets lie in the networks; each peer is looked up once."""

    def __init__(self, family: int, networks: Collection[Network]) -> None:
        self._family = family
        #: the packed networks' leading bits by (bytes of the address, bits that follow)
        self._prefixes: dict[tuple[int, int], set[int]] = {}
        for network in networks:
            size, rest = network.max_prefixlen // 8, network.max_prefixlen - network.prefixlen
            self._prefixes.setdefault((size, rest), set()).add(int(network.network_address) >> rest)

    def __missing__(self, peer: bytes) -> bool:
        address = fold(self._family, peer)
        value = int.from_bytes(address, "big")
        self[peer] = any(
            size == len(address) and value >> rest in prefixes
            for (size, rest), prefixes in self._prefixes.items()
        )
        return self[peer]


def destroy(networks: Collection[Network], ports: Collection[int]) -> int:
    """Close each socket on a local port whose peer lies in one of the networks; how many were closed.

    One walk over the sockets per port serves all networks. The peers get a reset.
    """
    if not networks:
        return 0
    plain = [_plain(network) for network in networks]
    victims = list(chain.from_iterable(_victims(plain, port) for port in ports))
    return len(victims) - _destroy_each(victims, f"closing the sockets of {len(networks)} networks")


def _plain(network: Network) -> Network:
    """An IPv4 network written as mapped IPv6 is the IPv4 one: peers are compared folded."""
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        return IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    return network


def _victims(networks: Collection[Network], port: int) -> Iterator[bytes]:
    peers = {family: Peers(family, networks) for family in (socket.AF_INET, socket.AF_INET6)}
    request = dump_request(port, _STATES, _condition(networks))
    records = chain.from_iterable(batches(request, _layout, f"sockets of port {port}"))
    for family, timer, ports_and_source, peer, interface_and_cookie in records:
        # kernels before 6.1 cannot destroy the small socket that stands for one in TIME-WAIT
        if peers[family][peer] and timer != TIMER_TIMEWAIT:
            yield destroy_request(family, ports_and_source + peer + interface_and_cookie)


def _condition(networks: Collection[Network]) -> bytes:
    """A single network is tested by the kernel, which then copies no other socket."""
    if len(networks) > 1:
        return b""
    (network,) = networks
    return peer_condition(network.network_address.packed, network.prefixlen)


def _layout(message: memoryview) -> Layout:
    rest = len(message) - struct.calcsize(_VICTIM)
    if rest < 0:
        raise garbled_error(f"a socket of {len(message)} bytes")
    return Layout(struct.Struct(f"{_VICTIM}{rest}x"), (), 0, len(message))


def _destroy_each(victims: list[bytes], asked: str) -> int:
    """Ask for each socket's end; return how many were gone before."""
    count = 0
    try:
        with Channel(SOCK_DIAG) as channel:
            for start in range(0, len(victims), _BATCH):
                codes = channel.refusals(DESTROY, victims[start : start + _BATCH])
                for code in set(codes) - _GONE:
                    raise _error(code, asked)
                count += len(codes)
    except KernelError:
        raise
    except OSError as error:
        raise DestroyError(error.errno or errno.ETIMEDOUT, asked) from error
    return count


def _error(code: int, asked: str) -> KernelError:
    if code == errno.EOPNOTSUPP:
        return DestroyUnsupportedError(code, asked)
    if code in (errno.EPERM, errno.EACCES):
        return PermissionDeniedError(code, asked)
    return DestroyError(code, asked)


def probe_destroy() -> None:
    """Destroy a listener made for that: the error that a ban would meet, or none.

    A look-up that misses would not do: the kernel asks for the privilege only where there is a socket.
    """
    asked = "closing a socket of our own"
    try:
        with socket.socket() as own:
            own.bind(("127.0.0.1", 0))
            own.listen(1)
            address, port = own.getsockname()
            identity = struct.pack(">HH4s32x", port, 0, socket.inet_aton(address)) + b"\xff" * 8
            gone = _destroy_each([destroy_request(socket.AF_INET, identity)], asked)
    except KernelError:
        raise
    except OSError as error:
        raise DestroyError(error.errno or errno.ETIMEDOUT, asked) from error
    if gone:
        raise DestroyError(errno.ENOENT, asked)
