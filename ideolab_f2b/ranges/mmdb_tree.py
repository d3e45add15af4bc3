"""The search tree of an MMDB file, walked in the order of addresses; a hostile one ends with an error."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator

from ideolab_f2b.ranges.mmdb_values import MmdbError

#: bits of the two children of a node
RECORD_SIZES = (24, 28, 32)
#: {the byte between two records of 28 bits: the bits of the left one, of the right one}
_HIGH = bytes(one >> 4 for one in range(256))
_LOW = bytes(one & 15 for one in range(256))


def unpack(data: bytes, record_size: int) -> array[int]:
    """Return the children of all nodes, left and right in turn, as one array of 32-bit numbers."""
    children = array("I", bytes(len(data) * 32 // record_size))
    # whole columns at once: a loop over the nodes takes a second for a million
    wide = memoryview(children).cast("B")
    if record_size == 32:
        wide[:] = data
    elif record_size == 24:
        for column in range(3):
            wide[column + 1 :: 4] = data[column::3]
    else:
        middle = data[3::7]
        wide[0::8], wide[4::8] = middle.translate(_HIGH), middle.translate(_LOW)
        for column in range(3):
            wide[column + 1 :: 8] = data[column::7]
            wide[column + 5 :: 8] = data[column + 4 :: 7]
    wide.release()
    if sys.byteorder == "little":
        children.byteswap()
    return children


def walk(children: array[int], bits: int) -> Iterator[tuple[int, int, int]]:
    """Yield (address, prefix length, offset behind the nodes) of each network that has a record.

    The IPv4 tree within one of IPv6 is walked once: 2002::/16 and others are links to it. MmdbError for a
    tree that is deeper than an address, or that leads to its nodes again and again.
    """
    nodes = len(children) // 2
    if not nodes:
        return
    start4 = _find_start4(children) if bits == 128 else -1
    ones = [1 << bits - depth if depth else 0 for depth in range(bits + 1)]
    # some writers share what is the same; a circle would never end
    left_over = 4 * nodes + 1024
    stack = [(0, 0, 0)]
    pop, push = stack.pop, stack.append
    while stack:
        node, address, depth = pop()
        while node < nodes:
            left_over -= 1
            if depth == bits or not left_over:
                raise MmdbError("its tree leads in a circle, or is deeper than an address")
            if node == start4 and address:
                break
            depth += 1
            right = children[2 * node + 1]
            # most networks without a record need no turn
            if right != nodes:
                push((right, address | ones[depth], depth))
            node = children[2 * node]
        if node > nodes:
            yield address, depth, node - nodes


def _find_start4(children: array[int]) -> int:
    """Return the node of ::/96; -1 where there is none."""
    node, nodes = 0, len(children) // 2
    for _bit in range(96):
        node = children[2 * node]
        if node >= nodes:
            return -1
    return node
