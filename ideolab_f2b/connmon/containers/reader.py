"""Reads the sockets of one namespace through a channel that is open for the time of one look only."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterable
from typing import Optional

from ideolab_f2b.config import Network
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets import detail, listener, sock_diag
from ideolab_f2b.kernel.sockets.detail import Detail
from ideolab_f2b.kernel.sockets.listener import Listener
from ideolab_f2b.kernel.sockets.row import Row


class NamespaceReader:
    """Reads through `channel`; without one it never falls back to the host's own sockets."""

    def __init__(self) -> None:
        self.channel: Optional[Channel] = None

    def rows(self, port: int) -> Iterable[Row]:
        """Return the connections of a port; OSError when the kernel does not answer."""
        return sock_diag.rows(port, channel=self._take())

    def details(self, port: int, networks: Collection[Network]) -> Iterable[Detail]:
        """Return how the peers in these networks have set up TCP; OSError."""
        return detail.details(port, networks, channel=self._take())

    def listeners(self, port: int) -> list[Listener]:
        """Return the listening sockets of a port; OSError."""
        return listener.listeners(port, channel=self._take())

    def _take(self) -> Channel:
        if self.channel is None:
            raise OSError(errno.ENOTCONN, "the namespace is not open now")
        return self.channel
