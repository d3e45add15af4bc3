"""The one socket of this process that changes the table of the bans, for each network namespace.

Where the kernel has owners (since Linux 6.9) the socket owns the table: nobody else changes it, `nft flush
ruleset` spares it, and it outlives the process. What another process has left is taken over.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.ipset.element import LONGEST
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.nft import error, ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.error import TransactionError
from ideolab_f2b.kernel.nft.message import OWNER, PERSIST, Change, add_table
from ideolab_f2b.kernel.nft.names import TABLE, decode

#: the network namespace of the thread, which need not be its process's
_NAMESPACE = Path("/proc/thread-self/ns/net")
#: what a kernel without owners says: 5.10, and 6.1
_NO_OWNERS = (errno.EINVAL, errno.EOPNOTSUPP)


class SetShape(NamedTuple):
    """What the kernel sets of one name have in common, and the prefix lengths that have one."""

    version: int
    maxelem: int
    #: the default of elements; None where a set has no timeouts
    timeout_s: Optional[int]
    prefixes: frozenset[int]


class TableSocket:
    """The socket, the lock that is held from a look to the change, and what is known of the sets."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.channel = NftChannel()
        #: whether adding an element that is there gives it the new time
        self.has_updates = is_updating()
        self._shapes: dict[str, SetShape] = {}

    def claim(self) -> None:
        """Make the table, or take over what another process has left; KernelError."""
        with self.lock:
            asked = f"make table inet {TABLE}"
            table = ruleset.find_table(self.channel, TABLE)
            if table is not None and table.is_owned and table.owner != self.channel.port:
                raise error.owned_error(asked, table.owner)
            if table is None:
                self._make(asked)
            elif table.is_orphan or table.is_dormant:
                self.commit(
                    [add_table(TABLE, OWNER | PERSIST if table.is_orphan else table.flags & ~1)], asked
                )

    def commit(self, changes: Sequence[Change], asked: str) -> None:
        """Make all changes at one instant, or none; KernelError names what was asked."""
        with self.lock:
            try:
                self.channel.commit(changes)
            except OSError as problem:
                raise self.explain(problem, asked) from problem

    def explain(self, problem: OSError, asked: str) -> KernelError:
        """Return the exception of a refusal: who owns the table, where that is the reason."""
        if problem.errno == errno.EPERM:
            with self.lock:
                try:
                    table = ruleset.find_table(self.channel, TABLE)
                except OSError:
                    table = None
                if table is not None and table.is_owned and table.owner != self.channel.port:
                    return error.owned_error(asked, table.owner)
        return error.error(problem.errno or errno.EIO, asked)

    def find_shape(self, name: str) -> Optional[SetShape]:
        """Return what is known of the sets of a name, else what the kernel says; None without them."""
        with self.lock:
            if name not in self._shapes:
                self._shapes = read_shapes(self.channel)
            return self._shapes.get(name)

    def note_shape(self, name: str, shape: SetShape) -> None:
        """Remember what was just made."""
        self._shapes[name] = shape

    def forget_shapes(self) -> None:
        """Ask the kernel the next time: somebody else has changed something, or so it seems."""
        self._shapes.clear()

    def _make(self, asked: str) -> None:
        try:
            self.channel.commit([add_table(TABLE, OWNER | PERSIST)])
        except TransactionError as problem:
            if problem.errno not in _NO_OWNERS:
                raise self.explain(problem, asked) from problem
            self.commit([add_table(TABLE)], asked)


def read_shapes(channel: NftChannel) -> dict[str, SetShape]:
    """Return what the kernel says of the sets of each name; OSError."""
    shapes: dict[str, SetShape] = {}
    lengths: dict[str, set[int]] = {}
    for row in ruleset.list_sets(channel, TABLE):
        name, prefix = decode(row.name)
        if row.version:
            lengths.setdefault(name, set()).add(prefix or LONGEST[row.version])
            if prefix is None:
                shapes[name] = SetShape(row.version, row.size, row.timeout_s, frozenset())
    return {name: shape._replace(prefixes=frozenset(lengths[name])) for name, shape in shapes.items()}


def is_updating(release: str = "") -> bool:
    """Return whether this kernel changes the time of an element that is added again: since Linux 6.12.

    What a distribution has taken back into an older one is of no use here, and of no harm.
    """
    found = re.match(r"(\d+)\.(\d+)", release or os.uname().release)
    return found is not None and (int(found[1]), int(found[2])) >= (6, 12)


_sockets: dict[tuple[int, int], TableSocket] = {}
_lock = threading.Lock()


def share() -> TableSocket:
    """Return the socket of this process in the network namespace of the thread; KernelError."""
    key = _identify()
    with _lock:
        if key not in _sockets:
            _sockets[key] = TableSocket()
        return _sockets[key]


def release() -> None:
    """Close the socket of this namespace: where there are owners the table has none then."""
    key = _identify()
    with _lock:
        found = _sockets.pop(key, None)
    if found is not None:
        with found.lock:
            found.channel.close()


def _identify() -> tuple[int, int]:
    try:
        status = os.stat(_NAMESPACE)
    except OSError:
        # no /proc: then no threads in other namespaces either
        return 0, 0
    return status.st_dev, status.st_ino


def _forget_after_fork() -> None:
    """Leave the parent's sockets to it: two processes would take each other's answers."""
    global _lock
    _lock = threading.Lock()
    for one in _sockets.values():
        one.channel.close()
    _sockets.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
