"""Kernel sets over netlink: hash:net sets, their elements, and the list:set that joins them."""

from __future__ import annotations

import contextlib
import errno
import functools
import socket
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Optional

from ideolab_f2b.kernel.ipset import element, error
from ideolab_f2b.kernel.ipset.element import Element, Key, Network, SetHeader, be32
from ideolab_f2b.kernel.ipset.error import SetError, SetMissingError, SetTypeError
from ideolab_f2b.kernel.netlink import (
    DUMP,
    EXCL,
    Channel,
    KernelError,
    ModuleMissingError,
    attribute,
    nest,
    unpack_attributes,
)

#: each kernel since 2.6.39 speaks 6; 7 (kernel 4.20) adds nothing that we need
_PROTOCOL = attribute(1, b"\x06")
#: NETLINK_NETFILTER of linux/netlink.h
_NETFILTER = 12
#: NFNL_SUBSYS_IPSET, the high byte of each message type
_SUBSYSTEM = 6 << 8
_GENERIC = struct.pack("=BBH", socket.AF_INET, 0, 0)
_PING, _CREATE, _DESTROY, _FLUSH, _SWAP, _LIST, _ADD, _DELETE, _TEST, _TYPE = 1, 2, 3, 4, 6, 7, 9, 10, 11, 13
_NAME, _TYPENAME, _REVISION, _FAMILY, _FLAGS, _ADT, _LINE, _REVISION_MIN = 2, 3, 4, 5, 6, 8, 9, 10
#: IPSET_FLAG_LIST_SETNAME of linux/netfilter/ipset/ip_set.h
_NAMES_ONLY = 1 << 1
#: IPSET_FLAG_LIST_HEADER
_HEADER_ONLY = 1 << 2
_FAMILIES: Mapping[str, int] = {"inet": socket.AF_INET, "inet6": socket.AF_INET6, "unspec": 0}
#: what every ipset(8) since 2014 can list; the kernel's newest may be unknown to the installed program
_REVISIONS = {"hash:net": 6, "list:set": 3, "bitmap:port": 3, "hash:ip": 4}
#: elements of one message: about 40 bytes each, and the kernel holds its lock over one message
_BATCH = 500
DEFAULT_MAXELEM = 65536
NAME_LENGTH = 31


@functools.lru_cache(maxsize=256)
def _name_part(name: str) -> bytes:
    if not 0 < len(name) <= NAME_LENGTH or not name.isascii() or not name.isprintable() or " " in name:
        raise ValueError(f"{name!r} is no name of a set: 1 to {NAME_LENGTH} printable characters")
    return _GENERIC + _PROTOCOL + attribute(_NAME, name.encode("ascii") + b"\0")


class Sets:
    """One netlink socket to ipset, safe to use from several threads."""

    backend = "ipset"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel = Channel(_NETFILTER)
        try:
            code = self._request(_PING, _GENERIC + _PROTOCOL)
            if code == errno.EINVAL:
                raise ModuleMissingError(code, "ipset", "the kernel has no ip_set")
            if code:
                raise error.error(code, "ipset")
        except BaseException:
            self._channel.close()
            raise

    def close(self) -> None:
        """Close the socket."""
        with self._lock:
            self._channel.close()

    def create(self, name: str, family: str, maxelem: int = DEFAULT_MAXELEM, timeout: int = 0) -> None:
        """A hash:net set with timeout support; nothing happens when it exists with the same settings.

        `timeout` is the default of its elements, 0 for permanent.
        """
        self._create(name, "hash:net", family, element.pack_hash_settings(maxelem, timeout))
        # the kernel compares all settings of a set that exists but this one
        existing = self.header(name).family
        if existing != family:
            raise SetTypeError(errno.EEXIST, f'create set "{name}" ({family})', f"it exists for {existing}")

    def create_list(self, name: str, size: int = 32) -> None:
        """A list:set; one that exists is taken as it is, whatever its size."""
        try:
            self._create(name, "list:set", "unspec", element.pack_list_settings(size))
        except SetTypeError:
            if self.header(name).type != "list:set":
                raise

    def resize(self, name: str, maxelem: int, temporary: str) -> None:
        """Give a set that exists another maxelem: its elements move, and at no instant is one of them out.

        They move through a set of the name `temporary`, which must be of no use.
        """
        header = self.header(name)
        with contextlib.suppress(SetError):
            self.destroy(temporary)
        self.create(temporary, header.family, maxelem, header.timeout or 0)
        try:
            self._copy(name, temporary)
            self.swap(name, temporary)
            # those that another thread added between the copy and the swap
            self._copy(temporary, name)
        finally:
            self.destroy(temporary)

    def _copy(self, source: str, target: str) -> None:
        self.add_many(target, ((found.network, found.timeout_s or 0) for found in self.elements(source)))

    def destroy(self, name: str) -> None:
        """Take a set out of the kernel; SetMissingError, SetBusyError."""
        # without EXCL newer kernels call the destruction of a missing set a success
        self._ask(_DESTROY, _name_part(name), f'destroy set "{name}"', flags=EXCL)

    def flush(self, name: str) -> None:
        """Take all elements out of a set."""
        self._ask(_FLUSH, _name_part(name), f'flush set "{name}"')

    def swap(self, one: str, other: str) -> None:
        """Exchange the contents of two sets at one instant; what refers to a name keeps referring to it."""
        payload = _name_part(one) + attribute(_TYPENAME, other.encode("ascii") + b"\0")
        self._ask(_SWAP, payload, f'swap sets "{one}" and "{other}"')

    def add(self, name: str, network: Network, timeout_s: Optional[int] = None) -> None:
        """Add an element, or give one that is there this timeout; 0 is permanent, None the set's default."""
        self.add_key(name, element.key_of(network), timeout_s)

    def add_key(self, name: str, key: Key, timeout_s: Optional[int] = None) -> None:
        """The same as `add` from plain numbers, without an object for each ban of a burst."""
        if not 0 < key[2] <= element.LONGEST[key[0]]:
            element.check_key(key)
        payload = _name_part(name) + element.pack_key(key, timeout_s)
        code = self._command(_ADD, payload)
        if code:
            raise error.error(code, f'add {element.text_of(key)} to set "{name}"')

    def add_many(self, name: str, elements: Iterable[tuple[Network, Optional[int]]]) -> int:
        """Add elements in batches; how many. On an error all before the one that is named are in the set."""
        pending = list(elements)
        for start in range(0, len(pending), _BATCH):
            self._add_batch(name, pending[start : start + _BATCH])
        return len(pending)

    def delete(self, name: str, network: Network) -> bool:
        """Remove an element; False when it was not there (the kernel expires elements by itself)."""
        return self._look_up(_DELETE, name, network, EXCL)

    def test(self, name: str, network: Network) -> bool:
        """Whether a network is an element, or a single address is covered by one."""
        return self._look_up(_TEST, name, network, 0)

    def link(self, list_name: str, member: str) -> None:
        """Put a set into a list:set; nothing happens when it is in."""
        payload = _name_part(list_name) + element.pack_member(member)
        self._ask(_ADD, payload, f'add set "{member}" to "{list_name}"', is_list=True)

    def unlink(self, list_name: str, member: str) -> None:
        """Take a set out of a list:set; nothing happens when it is not in."""
        payload = _name_part(list_name) + element.pack_member(member)
        self._ask(_DELETE, payload, f'remove set "{member}" from "{list_name}"', is_list=True)

    def names(self) -> list[str]:
        """The names of all sets of this network namespace."""
        payload = _GENERIC + _PROTOCOL + be32(_FLAGS, _NAMES_ONLY)
        found = [element.unpack_header(fields).name for fields in self._list(payload, "list sets")]
        return sorted(found)

    def header(self, name: str) -> SetHeader:
        """What the kernel tells about a set without its elements; SetMissingError."""
        payload = _name_part(name) + be32(_FLAGS, _HEADER_ONLY)
        for fields in self._list(payload, f'show set "{name}"'):
            return element.unpack_header(fields)
        raise SetMissingError(errno.ENOENT, f'show set "{name}"', "the set does not exist")

    def elements(self, name: str) -> Iterator[Element]:
        """The elements with the time that is left to each."""
        return (found for found in self._contents(name) if isinstance(found, Element))

    def entries(self, name: str) -> Iterator[tuple[Key, Optional[int]]]:
        """The elements as plain numbers, with the seconds that are left to each; None: it stays."""
        for fields in self._list(_name_part(name), f'list set "{name}"'):
            for _kind, data in unpack_attributes(fields.get(_ADT, b"")):
                entry = element.unpack_entry(data)
                if entry is not None:
                    yield entry

    def members(self, list_name: str) -> list[str]:
        """The names of the sets in a list:set, in its order."""
        return [found for found in self._contents(list_name) if isinstance(found, str)]

    def is_linked(self, list_name: str, member: str) -> bool:
        """Whether a set is in a list; SetMissingError without the list."""
        return member in self.members(list_name)

    def _begin(self, name: str) -> bytes:
        """Return how a request about a set begins."""
        return _name_part(name)

    def _create(self, name: str, kind: str, family: str, settings: bytes) -> None:
        payload = (
            _name_part(name)
            + attribute(_TYPENAME, kind.encode() + b"\0")
            + attribute(_REVISION, bytes((self._revision(kind, family),)))
            + attribute(_FAMILY, bytes((_FAMILIES[family],)))
            + settings
        )
        self._ask(_CREATE, payload, f'create set "{name}" ({kind}, {family})')

    def _revision(self, kind: str, family: str) -> int:
        payload = (
            _GENERIC
            + _PROTOCOL
            + attribute(_TYPENAME, kind.encode() + b"\0")
            + attribute(_FAMILY, bytes((_FAMILIES[family],)))
        )
        for fields in self._fields(_TYPE, payload, 0x4, f"ask for set type {kind}"):
            newest, oldest = fields[_REVISION][0], fields.get(_REVISION_MIN, b"\0")[0]
            return max(oldest, min(newest, _REVISIONS[kind]))
        raise SetError(errno.EPROTO, f"ask for set type {kind}", "no answer")

    def _add_batch(self, name: str, batch: list[tuple[Network, Optional[int]]]) -> None:
        for network, _timeout_s in batch:
            element.check_network(network)
        packed = (element.pack(one, timeout_s, line) for line, (one, timeout_s) in enumerate(batch, 1))
        if self._request(_ADD, _name_part(name) + be32(_LINE, 1) + nest(_ADT, *packed)):
            # the same again one by one: this names the element that does not go in
            for network, timeout_s in batch:
                self.add(name, network, timeout_s)

    def _look_up(self, command: int, name: str, network: Network, flags: int) -> bool:
        element.check_network(network)
        code = self._command(command, _name_part(name) + element.pack(network), flags)
        if code and code != error.ELEMENT_EXISTS:
            raise error.error(code, f'look up {network} in set "{name}"')
        return code == 0

    def _contents(self, name: str) -> Iterator[Element | str | None]:
        for fields in self._list(_name_part(name), f'list set "{name}"'):
            for _kind, data in unpack_attributes(fields.get(_ADT, b"")):
                yield element.unpack(data)

    def _list(self, payload: bytes, asked: str) -> Iterator[dict[int, bytes]]:
        return self._fields(_LIST, payload, DUMP, asked)

    def _fields(self, command: int, payload: bytes, flags: int, asked: str) -> Iterator[dict[int, bytes]]:
        try:
            with self._lock:
                # read to the end under the lock: a dump that is left half read answers the next request
                answers = list(self._channel.dump(_SUBSYSTEM | command, payload, flags))
        except OSError as problem:
            raise error.error(problem.errno or errno.ETIMEDOUT, asked) from problem
        return (dict(unpack_attributes(answer, len(_GENERIC))) for answer in answers)

    def _ask(self, command: int, payload: bytes, asked: str, is_list: bool = False, flags: int = 0) -> None:
        code = self._request(command, payload, flags)
        if code:
            raise error.error(code, asked, is_list)

    def _request(self, command: int, payload: bytes, flags: int = 0) -> int:
        with self._lock:
            try:
                return self._channel.request(_SUBSYSTEM | command, payload, flags)
            except TimeoutError as problem:
                raise KernelError(errno.ETIMEDOUT, "ipset", "the kernel did not answer") from problem

    def _command(self, command: int, payload: bytes, flags: int = 0) -> int:
        with self._lock:
            try:
                return self._channel.command(_SUBSYSTEM | command, payload, flags)
            except OSError as problem:
                raise KernelError(problem.errno or errno.EIO, "ipset") from problem
