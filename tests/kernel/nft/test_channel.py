"""Transactions: all or nothing, and what the kernel says of those that it refuses."""

from __future__ import annotations

import contextlib
import errno
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.netlink import ERROR, message
from ideolab_f2b.kernel.nft import channel, ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.error import TransactionError
from ideolab_f2b.kernel.nft.message import add_chain, add_set, add_table, delete_table


@pytest.fixture
def opened(namespace: Namespace) -> Iterator[NftChannel]:
    """A socket in a namespace of the tests."""
    with namespace.enter(), contextlib.closing(NftChannel()) as made:
        yield made


@pytest.mark.root
def test_all_or_nothing(opened: NftChannel) -> None:
    """The change that is refused is named, and none before it is made."""
    opened.commit([])
    with pytest.raises(TransactionError) as caught:
        opened.commit([add_table("t"), add_chain("t", "c"), add_chain("missing", "c"), add_chain("t", "d")])
    assert (caught.value.errno, caught.value.index) == (errno.ENOENT, 2)
    assert ruleset.find_table(opened, "t") is None

    opened.commit([add_table("t"), add_chain("t", "c", "prerouting"), add_set("t", "s", 6, 5)])
    assert list(ruleset.list_chains(opened, "t")) == ["c"]
    assert [row.name for row in ruleset.list_sets(opened, "t")] == ["s"]
    opened.commit([delete_table("t")])


@pytest.mark.root
def test_numbers_of_messages_wrap(opened: NftChannel) -> None:
    """A server that lives for years counts over the end of 32 bits."""
    for last in range(2**32 - 6, 2**32):
        opened._sequence = last
        with pytest.raises(TransactionError) as caught:
            opened.commit([add_table("t"), add_chain("missing", "c"), add_chain("t", "d")])
        assert (caught.value.errno, caught.value.index) == (errno.ENOENT, 1)
        opened.commit([add_table("t")])
        assert ruleset.find_table(opened, "t") is not None
        opened.commit([delete_table("t")])


@pytest.mark.root
def test_room(opened: NftChannel) -> None:
    """Root sends half a million elements at once; the port is what tables are owned by."""
    assert opened.capacity >= 16 << 20
    assert opened.port > 0


@given(st.binary(max_size=200))
def test_garbled_answers(datagram: bytes) -> None:
    """Nothing is raised, and no change of ours is said to be refused that was not."""
    for index, code in channel._errors(datagram, 5):
        assert isinstance(index, int)
        assert isinstance(code, int)


def test_errors() -> None:
    """The answers under the numbers of one transaction: -1 is the whole of it."""
    datagram = b"".join(
        message(ERROR, 0, struct.pack("=i", -code) + bytes(16), sequence)
        for code, sequence in ((errno.EPERM, 5), (errno.ENOENT, 6), (0, 7), (errno.EBUSY, 99))
    )
    assert list(channel._errors(datagram, 5)) == [
        (-1, errno.EPERM),
        (0, errno.ENOENT),
        (1, 0),
        (93, errno.EBUSY),
    ]
