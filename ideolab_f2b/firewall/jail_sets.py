"""The two kernel sets of one jail inside the list of all sets: made, repaired, filled, emptied."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable
from typing import Optional

from ideolab_f2b.firewall.names import FAMILIES, LIST, family_sets
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of
from ideolab_f2b.kernel.ipset.error import SetError, SetMissingError, SetTypeError
from ideolab_f2b.kernel.ipset.sets import NAME_LENGTH, Sets


class JailSets:
    """`name` for IPv4 and `name`6 for IPv6."""

    def __init__(self, kernel: Sets, name: str, maxelem: int) -> None:
        self.kernel = kernel
        self.maxelem = maxelem
        self.names = family_sets(name)

    def place(self) -> None:
        """Create what is missing and link it; what is there keeps its elements."""
        self.kernel.create_list(LIST)
        for version, name in self.names.items():
            try:
                self.kernel.create(name, FAMILIES[version], self.maxelem)
            except SetTypeError:
                self._resize(name, FAMILIES[version])
            self.kernel.link(LIST, name)

    def is_placed(self) -> bool:
        """Whether both sets are in the list of all sets."""
        try:
            members = self.kernel.members(LIST)
        except SetMissingError:
            return False
        return all(name in members for name in self.names.values())

    def add(self, network: Network, timeout_s: int) -> None:
        """Put an element into the set of its family; 0 seconds is for good."""
        self.add_key(key_of(network), timeout_s)

    def add_key(self, key: Key, timeout_s: int) -> None:
        """The same as `add` from plain numbers, for each ban of a burst."""
        self.kernel.add_key(self.names[key[0]], key, timeout_s)

    def add_many(self, elements: Iterable[tuple[Network, Optional[int]]]) -> None:
        """Put many elements in, each into the set of its family."""
        pending = list(elements)
        for version, name in self.names.items():
            self.kernel.add_many(name, [item for item in pending if item[0].version == version])

    def delete(self, network: Network) -> bool:
        """Take an element out; False when it was not there."""
        return self.kernel.delete(self.names[network.version], network)

    def networks(self) -> list[Network]:
        """All elements of both sets."""
        return [found.network for name in self.names.values() for found in self.kernel.elements(name)]

    def size(self) -> int:
        """How many elements both sets hold."""
        return sum(self._size(name) for name in self.names.values())

    def flush(self) -> None:
        """Take all elements out; the sets stay."""
        for name in self.names.values():
            self.kernel.flush(name)

    def remove(self) -> bool:
        """Take the sets out of the kernel; True when no other jail's set is left in the list."""
        for name in self.names.values():
            with contextlib.suppress(SetMissingError):
                self.kernel.unlink(LIST, name)
            with contextlib.suppress(SetMissingError):
                self.kernel.destroy(name)
        try:
            return not self.kernel.members(LIST)
        except SetMissingError:
            return True

    def remove_list(self) -> None:
        """Take the list of all sets out of the kernel; nothing when it is not there."""
        with contextlib.suppress(SetMissingError):
            self.kernel.destroy(LIST)

    def _size(self, name: str) -> int:
        counted = self.kernel.header(name).elements
        # kernels before 4.9 do not count
        return sum(1 for _element in self.kernel.elements(name)) if counted is None else counted

    def _resize(self, name: str, family: str) -> None:
        """Give a set that exists another maxelem: its elements move, and at no instant is one of them out."""
        header = self.kernel.header(name)
        if header.type != "hash:net" or header.family != family:
            raise SetTypeError(errno.EEXIST, f'set "{name}"', f"it is a {header.type} ({header.family})")
        temporary = f"{name[: NAME_LENGTH - 4]}.new"
        with contextlib.suppress(SetError):
            self.kernel.destroy(temporary)
        self.kernel.create(temporary, family, self.maxelem)
        try:
            self._copy(name, temporary)
            self.kernel.swap(name, temporary)
            # those that another thread added between the copy and the swap
            self._copy(temporary, name)
        finally:
            self.kernel.destroy(temporary)

    def _copy(self, source: str, target: str) -> None:
        elements = ((found.network, found.timeout_s or 0) for found in self.kernel.elements(source))
        self.kernel.add_many(target, elements)
