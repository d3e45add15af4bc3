"""reader: it reads through a channel, and never the host's own sockets for a container's."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.containers.reader import NamespaceReader
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.inet_diag import SOCK_DIAG


def test_without_a_channel_nothing_is_read() -> None:
    """Else the host's connections would be those of the container."""
    reader = NamespaceReader()

    for read in (reader.rows, reader.listeners, lambda port: reader.details(port, ())):
        with pytest.raises(OSError, match="not open"):
            read(443)


def test_several_reads_go_through_one_channel() -> None:
    """Each takes its whole answer."""
    reader = NamespaceReader()
    with Channel(SOCK_DIAG) as channel:
        reader.channel = channel
        for _turn in range(2):
            # a port on which nobody listens
            assert list(reader.rows(1)) == []
            assert reader.listeners(1) == []
