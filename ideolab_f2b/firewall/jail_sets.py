"""The two kernel sets of one jail inside the list of all sets: made, repaired, filled, emptied."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable
from typing import Optional

from ideolab_f2b.firewall.backend import KernelSets
from ideolab_f2b.firewall.names import FAMILIES, LIST, PORT_LIST, family_sets, temporary
from ideolab_f2b.firewall.saved import references
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of
from ideolab_f2b.kernel.ipset.error import SetMissingError, SetTypeError


class JailSets:
    """`name` for IPv4 and `name`6 for IPv6."""

    def __init__(self, kernel: KernelSets, name: str, maxelem: int, list_name: str = LIST) -> None:
        self.kernel, self.list = kernel, list_name
        self.maxelem = maxelem
        self.names = family_sets(name)

    def place(self) -> None:
        """Create what is missing and link it; what is there keeps its elements.

        SetTypeError when a set of that name is somebody else's.
        """
        # the rule for all ports refers to it, whoever is in it
        self.kernel.create_list(LIST)
        self.kernel.create_list(self.list)
        linked = self._read_both_lists()
        for version, name in self.names.items():
            if name not in linked:
                self._require_unused(version, name)
        for version, name in self.names.items():
            try:
                self.kernel.create(name, FAMILIES[version], self.maxelem)
            except SetTypeError:
                self._resize(name, FAMILIES[version])
            self.kernel.link(self.list, name)

    def leave_other_list(self) -> bool:
        """Take the sets out of the list of the other scope; whether one was in it."""
        other = PORT_LIST if self.list == LIST else LIST
        leaving = [name for name in self.names.values() if name in self._members(other)]
        for name in leaving:
            self.kernel.unlink(other, name)
        return bool(leaving)

    def is_placed(self) -> bool:
        """Whether both sets are in the list of all sets."""
        linked = self._members(self.list)
        return all(name in linked for name in self.names.values())

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
        linked = self._members(self.list)
        for name in self.names.values():
            # what is not in the list is not ours
            if name in linked:
                self.kernel.unlink(self.list, name)
                with contextlib.suppress(SetMissingError):
                    self.kernel.destroy(name)
        return not self._members(self.list)

    def remove_list(self) -> None:
        """Take the list of the sets out of the kernel; nothing when it is not there."""
        with contextlib.suppress(SetMissingError):
            self.kernel.destroy(self.list)

    def _members(self, list_name: str) -> list[str]:
        try:
            return self.kernel.members(list_name)
        except SetMissingError:
            return []

    def _read_both_lists(self) -> set[str]:
        """The sets in either list: those of jails."""
        return {*self._members(LIST), *self._members(PORT_LIST)}

    def _require_unused(self, version: int, name: str) -> None:
        """SetTypeError when a set is there that somebody else's rule or list uses, or without timeouts."""
        with contextlib.suppress(SetMissingError):
            header = self.kernel.header(name)
            # those of a firewall that was saved, for which somebody has made the set by hand, are ours
            is_used = header.references and header.references > references.count(version, name)
            # another jail that shares it may have linked it since the lists were read
            if is_used and name in self._read_both_lists():
                return
            if is_used or header.timeout is None:
                what = "a rule or another list uses it" if is_used else "it has no timeouts"
                asked = f'set "{name}" ({header.type})'
                raise SetTypeError(errno.EEXIST, asked, f"it is no set of a jail: {what}")

    def _size(self, name: str) -> int:
        counted = self.kernel.header(name).elements
        # kernels before 4.9 do not count
        return sum(1 for _element in self.kernel.elements(name)) if counted is None else counted

    def _resize(self, name: str, family: str) -> None:
        """Give a set that exists another maxelem: its elements move, and at no instant is one of them out."""
        header = self.kernel.header(name)
        if header.type != "hash:net" or header.family != family:
            raise SetTypeError(errno.EEXIST, f'set "{name}"', f"it is a {header.type} ({header.family})")
        self.kernel.resize(name, self.maxelem, temporary(name))
