"""Closes the TCP sockets of given peers on given local ports (SOCK_DESTROY); bans nobody."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Optional, Union

from ideolab_f2b.kernel.address import Network
from ideolab_f2b.kernel.netlink import Channel, KernelError, PermissionDeniedError
from ideolab_f2b.kernel.sockets.dump import Layout, batches
from ideolab_f2b.kernel.sockets.inet_diag import (
    DESTROY,
    SOCK_DIAG,
    destroy_request,
    dump_request,
    garbled_error,
)
from ideolab_f2b.kernel.sockets.peers import Peers, dump_condition
from ideolab_f2b.kernel.sockets.row import CLOSING, ESTABLISHED, LISTEN, TIME_WAIT, TIMER_TIMEWAIT, mask
from ideolab_f2b.notation.networks import unmap

#: every state but TIME-WAIT, which holds nothing, and LISTEN
_STATES = mask(*range(ESTABLISHED, CLOSING + 1)) & ~mask(TIME_WAIT, LISTEN)
#: struct nlmsghdr; family, timer; struct inet_diag_sockid in three pieces, the peer's address in the middle
_FORMAT = "=16x BxBx 20s16s12s"
#: sockets per datagram: the kernel holds its sock_diag lock over one
_BATCH = 128
#: as the local port of a request: whatever it is
_EVERY = 0
#: the socket is gone, or another one has its addresses by now
_GONE = frozenset((errno.ENOENT, errno.ESTALE))


class DestroyError(KernelError):
    """The kernel did not close what it was asked to close."""

    way_out = "bans hold all the same, and open connections end by their timeouts"


class DestroyUnsupportedError(DestroyError):
    """The kernel was built without INET_DIAG_DESTROY."""

    way_out = f"{DestroyError.way_out}; CONFIG_INET_DIAG_DESTROY=y would end them at once"


def destroy(
    networks: Collection[Network],
    ports: Collection[Union[int, range]],
    *,
    channel: Optional[Channel] = None,
) -> int:
    """Close each socket on these local ports whose peer lies in one of the networks; return how many.

    One walk over the sockets per port, or range of ports, serves all networks. The peers get a reset.
    `channel` closes in its own namespace, and the caller needs the privilege there.
    PermissionDeniedError without CAP_NET_ADMIN, DestroyUnsupportedError or DestroyError when the kernel
    closes none.
    """
    if not networks:
        return 0
    # peers are compared as IPv4
    plain = [unmap(network) for network in networks]
    requests = list(chain.from_iterable(_find_requests(plain, port, channel) for port in ports))
    return len(requests) - _destroy_each(
        requests, f"closing the sockets of {len(networks)} networks", channel
    )


def _find_requests(
    networks: Collection[Network], port: Union[int, range], channel: Optional[Channel]
) -> Iterator[bytes]:
    """Yield the request for the end of each socket on these ports whose peer lies in the networks."""
    peers: dict[int, Peers] = {}
    single = port if isinstance(port, int) else _EVERY
    request = dump_request(single, _STATES, dump_condition(networks))
    records = chain.from_iterable(batches(request, _layout, f"sockets of port {port}", channel=channel))
    for family, timer, ports_and_source, peer, interface_and_cookie in records:
        if single == _EVERY and int.from_bytes(ports_and_source[:2], "big") not in port:  # type: ignore[operator]
            continue
        if family not in peers:
            # not before there is a socket: it takes its time from the bans of a burst
            peers[family] = Peers(family, networks)
        # kernels before 6.1 cannot destroy the small socket that stands for one in TIME-WAIT
        if peers[family][peer] and timer != TIMER_TIMEWAIT:
            yield destroy_request(family, ports_and_source + peer + interface_and_cookie)


def _layout(message: memoryview) -> Layout:
    rest = len(message) - struct.calcsize(_FORMAT)
    if rest < 0:
        raise garbled_error(f"a socket of {len(message)} bytes")
    return Layout(struct.Struct(f"{_FORMAT}{rest}x"), (), 0, len(message))


def _destroy_each(requests: list[bytes], asked: str, channel: Optional[Channel] = None) -> int:
    """Ask for each socket's end; return how many were gone before."""
    count = 0
    try:
        with contextlib.ExitStack() as opened:
            target = channel or opened.enter_context(Channel(SOCK_DIAG))
            for start in range(0, len(requests), _BATCH):
                codes = target.refusals(DESTROY, requests[start : start + _BATCH])
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
    """Destroy a listener made for that; raise the error that a ban would meet.

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
