"""Reads sets of jails in nf_tables, and the lists that they are in; changes nothing."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from typing import Optional

from ideolab_f2b.kernel.ipset.element import LONGEST, Element, Key, Network, SetHeader, key_of, network_of
from ideolab_f2b.kernel.ipset.error import ElementError, SetMissingError
from ideolab_f2b.kernel.nft import element, error, lists, ruleset, table_socket, whole_set
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import GET_ELEMENT, change_elements
from ideolab_f2b.kernel.nft.names import TABLE, encode_length
from ideolab_f2b.kernel.nft.table_socket import SetShape

FAMILIES = {4: "inet", 6: "inet6"}


class SetReader:
    """A socket for questions, so that a long answer keeps no ban waiting."""

    def __init__(self) -> None:
        self._table = table_socket.share()
        self._lock = threading.Lock()
        self._reader = NftChannel()
        try:
            with error.name_errors("nf_tables"):
                ruleset.find_table(self._reader, TABLE)
        except OSError:
            self._reader.close()
            raise

    def close(self) -> None:
        """Close the view; the socket that owns the table stays."""
        with self._lock:
            self._reader.close()

    def test(self, name: str, network: Network) -> bool:
        """Whether a network is an element, or a single address is covered by one."""
        version, prefix, _packed = pack(network)
        shape = self._require(name)
        if version != shape.version:
            return False
        wanted = shape.prefixes if prefix == LONGEST[version] else shape.prefixes & {prefix}
        covers = (network.supernet(new_prefix=each) for each in sorted(wanted))
        with self._lock, error.name_errors(f'look up {network} in set "{name}"'):
            return any(
                has_element(self._reader, encode_length(name, version, each.prefixlen), pack(each)[2])
                for each in covers
            )

    def names(self) -> list[str]:
        """The names of all sets and lists of the table."""
        with self._lock, error.name_errors("list sets"):
            return sorted((*table_socket.read_shapes(self._reader), *lists.names(self._reader)))

    def header(self, name: str) -> SetHeader:
        """What the kernel tells about a set without its elements and references; SetMissingError.

        `elements` is None where the kernel does not count them: before Linux 6.16.
        """
        with error.name_errors(f'show set "{name}"'):
            shape = self._table.find_shape(name)
            with self._lock:
                if shape is None and lists.is_there(self._reader, name):
                    return SetHeader(name, "list:set", "", 0, None, 0, None, 0, 0)
                encoded = encode_all(name, shape or self._require(name))
                rows = [ruleset.find_set(self._reader, TABLE, each) for each in encoded]
        shape = shape or self._require(name)
        if None in rows:
            # somebody has taken a set away
            self._table.forget_shapes()
            self._require(name)
        counts = [row.elements for row in rows if row is not None]
        known = [each for each in counts if each is not None]
        total = sum(known) if len(known) == len(counts) else None
        return SetHeader(
            name, "hash:net", FAMILIES[shape.version], shape.maxelem, shape.timeout_s, 0, total, 0, 0
        )

    def elements(self, name: str) -> Iterator[Element]:
        """The elements with the time that is left to each."""
        return (Element(network_of(key), left_s) for key, left_s in self.entries(name))

    def entries(self, name: str) -> Iterator[tuple[Key, Optional[int]]]:
        """The elements as plain numbers, with the seconds that are left to each; None: it stays."""
        asked = f'list set "{name}"'
        with self._lock, error.name_errors(asked):
            shape = table_socket.read_shapes(self._reader).get(name)
            if shape is None and not lists.is_there(self._reader, name):
                raise SetMissingError(errno.ENOENT, asked, "the set does not exist")
        if shape is None:
            return
        for prefix in sorted(shape.prefixes):
            with self._lock, error.name_errors(asked):
                found = whole_set.read(self._reader, encode_length(name, shape.version, prefix))
            for packed, left_s in found.items():
                yield (shape.version, int.from_bytes(packed, "big"), prefix), left_s

    def members(self, list_name: str) -> list[str]:
        """The names of the sets in a list, those of IPv4 first."""
        asked = f'list set "{list_name}"'
        with self._lock, error.name_errors(asked):
            found = lists.members(self._reader, list_name)
        if found is None:
            raise SetMissingError(errno.ENOENT, asked, "the set does not exist")
        return found

    def is_linked(self, list_name: str, member: str) -> bool:
        """Whether each prefix length of a set has its rule in a list; False without one of them."""
        with self._lock, error.name_errors(f'look for set "{member}" in "{list_name}"'):
            shape = table_socket.read_shapes(self._reader).get(member)
            if shape is None:
                return False
            chain = lists.chain_of(list_name, shape.version)
            matched = {row.set for row in ruleset.list_rules(self._reader, TABLE, chain)}
        return matched.issuperset(encode_all(member, shape))

    def _require(self, name: str, version: int = 0) -> SetShape:
        """What is known of a set; SetMissingError, ElementError where it is of the other family."""
        try:
            shape = self._table.find_shape(name)
        except OSError as problem:
            raise error.error(problem.errno or errno.EIO, f'show set "{name}"') from problem
        if shape is None:
            raise SetMissingError(errno.ENOENT, f'show set "{name}"', "the set does not exist")
        if version not in (0, shape.version):
            raise ElementError(
                errno.EINVAL, f'look into set "{name}"', f"an IPv{shape.version} address is expected"
            )
        return shape


def encode_all(name: str, shape: SetShape) -> list[str]:
    """Return the kernel sets of a name."""
    return [encode_length(name, shape.version, prefix) for prefix in sorted(shape.prefixes)]


def has_element(channel: NftChannel, encoded: str, packed: bytes) -> bool:
    """Return whether an element is in a kernel set; False without the set too; OSError."""
    payload = next(change_elements(GET_ELEMENT, TABLE, encoded, [packed])).payload
    try:
        return bool(channel.ask(GET_ELEMENT, payload))
    except FileNotFoundError:
        return False


def pack(network: Network) -> tuple[int, int, bytes]:
    """Return the version, the prefix length, and the element of a network; ValueError."""
    key = key_of(network)
    element.check(key)
    return key[0], key[2], element.pack(key)
