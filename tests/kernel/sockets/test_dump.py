"""dump: datagrams of messages become records, or a named error."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError, message
from ideolab_f2b.kernel.sockets.dump import Parser
from ideolab_f2b.kernel.sockets.inet_diag import DumpError
from ideolab_f2b.kernel.sockets.tcp_info import layout
from tests.kernel.sockets.dumps import DUMPS, ROWS, error, messages, parse


@pytest.mark.parametrize("name", ["privileged", "unprivileged"])
def test_the_two_ways_of_reading_agree(name: str) -> None:
    """A datagram of equal messages, read in one go, gives the rows of a walk from message to message."""
    equal = b"".join(messages(DUMPS[name])[:7])
    parser = Parser(layout, "test")
    walked, at_once = parser.records(memoryview(equal)), parser.records(memoryview(equal))

    assert isinstance(walked, list) and not isinstance(at_once, list)
    assert walked == list(at_once) == ROWS[:7]
    assert not parser.is_finished


def test_equal_lengths_with_other_attributes() -> None:
    """A message as long as those before, whose tcp_info stands elsewhere, is read where it stands."""
    first, second = messages(DUMPS["unprivileged"])[:2]
    offset = first.index(struct.pack("=HH", 4 + 280, 2))
    # the attributes before tcp_info come after it
    moved = second[:88] + second[offset:] + second[88:offset]
    parser = Parser(layout, "test")

    assert list(parser.records(memoryview(first + moved))) == ROWS[:2]
    assert list(parser.records(memoryview(first + moved))) == ROWS[:2]


def test_interrupted_dump() -> None:
    """NLM_F_DUMP_INTR on a message (sockets came and went meanwhile) changes nothing."""
    first, *others = messages(DUMPS["privileged"])
    flagged = first[:6] + struct.pack("=H", 0x12) + first[8:]
    assert parse(flagged + b"".join(others)) == ROWS


@pytest.mark.parametrize(
    ("dump", "text"),
    [
        (b"", "a datagram of 0 bytes"),
        (bytes(16), "a message of 0 bytes, 16 bytes before the end"),
        (message(20, 2, bytes(12)), "a socket of 28 bytes"),
        (message(4, 2, bytes(4)), "a message of type 4"),
        (message(20, 2, bytes(72) + struct.pack("=HH", 3, 2)), "an attribute of 3 bytes, 4 bytes before"),
        (message(20, 2, bytes(72) + struct.pack("=HH", 9, 2)), "an attribute of 9 bytes, 4 bytes before"),
    ],
)
def test_garbled_dump(dump: bytes, text: str) -> None:
    """What is no dump of sockets is an error that says what was wrong and what to do."""
    with pytest.raises(DumpError) as raised:
        parse(dump)
    assert str(raised.value).startswith(f"dump of sockets: {text}")
    assert str(raised.value).endswith("feed `ss -tnoi` to `ideolab-f2b connmon --snapshot -`")


@pytest.mark.parametrize("cut", [1, 15, 17, 100, 407, 409])
def test_cut_dump(cut: int) -> None:
    """A dump that ends inside a message is an error."""
    with pytest.raises(DumpError):
        parse(DUMPS["privileged"][:cut])


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (2, ModuleMissingError, "No such file or directory; load the kernel module: modprobe tcp_diag"),
        (1, PermissionDeniedError, "Operation not permitted; run as root or with CAP_NET_ADMIN"),
        (22, DumpError, "Invalid argument; it is tried again; if it stays, "
         "feed `ss -tnoi` to `ideolab-f2b connmon --snapshot -`"),
    ],
)  # fmt: skip
def test_refused_dump(code: int, kind: type[KernelError], text: str) -> None:
    """Each refusal of the kernel has a name and a way out, also when it comes with the last message."""
    done = message(3, 2, struct.pack("=i", -code))
    for dump in (error(code), DUMPS["privileged"][:-20] + done):
        with pytest.raises(kind) as raised:
            parse(dump)
        assert str(raised.value) == f"recorded dump: {text}"


@given(
    name=st.sampled_from(sorted(DUMPS)),
    changes=st.lists(st.tuples(st.integers(0, 4095), st.binary(min_size=1, max_size=4)), max_size=6),
    cut=st.integers(0, 4095),
)
def test_mutated_dump(name: str, changes: list[tuple[int, bytes]], cut: int) -> None:
    """Whatever the bytes, there are rows of 19 fields or a named error, in both ways of reading."""
    dump = bytearray(DUMPS[name])
    for offset, data in changes:
        offset %= len(dump)
        dump[offset : offset + len(data)] = data
    parser = Parser(layout, "test")
    for datagram in (DUMPS[name][:2800], dump[: cut % len(dump)]):
        try:
            assert {len(row) for row in parser.records(memoryview(datagram))} <= {19}
        except KernelError:
            continue
