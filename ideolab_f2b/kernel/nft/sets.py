"""Changes sets of jails in nf_tables: one for addresses, one for each prefix length, chains that join them.

The methods mean what those of kernel.ipset.sets.Sets mean, and raise what they raise.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Optional

from ideolab_f2b.kernel.ipset.element import (
    LONGEST,
    Key,
    Network,
    key_of,
    text_of,
)
from ideolab_f2b.kernel.ipset.error import SetBusyError, SetMissingError, SetTypeError
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.nft import element, error, lists, resize, ruleset, set_changes
from ideolab_f2b.kernel.nft.error import TransactionError
from ideolab_f2b.kernel.nft.message import (
    CREATE,
    DELETE_ELEMENT,
    NEW_ELEMENT,
    Change,
    change_elements,
    delete_set,
    flush_set,
)
from ideolab_f2b.kernel.nft.names import TABLE, check, encode_length
from ideolab_f2b.kernel.nft.set_changes import ELEMENT_SIZE
from ideolab_f2b.kernel.nft.set_reader import FAMILIES, SetReader, encode_all, has_element, pack
from ideolab_f2b.kernel.nft.table_socket import SetShape

_VERSIONS = {family: version for version, family in FAMILIES.items()}
DEFAULT_MAXELEM = 65536
#: elements of one transaction: bans wait for its 30 ms
_BATCH = 5000
#: packed elements by prefix length
_Groups = Mapping[int, Sequence[bytes]]


class NftSets(SetReader):
    """A view on the process's one socket to the table, with a socket of its own for what it reads.

    `scoped` are the lists whose members have a chain of port rules each; those of other lists are dropped.
    """

    backend = "nft"

    def __init__(self, scoped: Collection[str] = ()) -> None:
        super().__init__()
        self._scoped = frozenset(scoped)

    def create(self, name: str, family: str, maxelem: int = DEFAULT_MAXELEM, timeout: int = 0) -> None:
        """A set with timeouts; nothing happens when it exists with the same settings.

        Each prefix length has room for `maxelem` elements. `timeout` is the default, 0 for good.
        """
        asked, version = f'create set "{check(name)}" ({family})', _VERSIONS[family]
        with self._change(asked):
            self._table.claim()
            self._table.forget_shapes()
            shape = self._table.find_shape(name)
            if shape is None:
                self._table.commit(
                    [set_changes.make_set(name, version, LONGEST[version], maxelem, timeout)], asked
                )
                self._table.note_shape(
                    name, SetShape(version, maxelem, timeout, frozenset((LONGEST[version],)))
                )
            elif shape[:3] != (version, maxelem, timeout):
                exists = f"it exists for {FAMILIES[shape.version]} and {shape.maxelem} elements"
                raise SetTypeError(errno.EEXIST, asked, exists)

    def create_list(self, name: str, size: int = 32) -> None:
        """The chains, one for each family, that hold a rule for each member; any number of members fits."""
        del size
        with self._change(f'create list "{name}"'):
            self._table.claim()
            self._table.commit(lists.add(check(name)), f'create list "{name}"')

    def resize(self, name: str, maxelem: int, temporary: str) -> None:
        """Give a set that exists another maxelem; at no instant is an element out."""
        asked = f'give set "{name}" room for {maxelem}'
        with self._change(asked):
            self._table.forget_shapes()
            new = self._require(name)._replace(maxelem=maxelem)
            resize.resize(self._table, name, new, temporary, self._fill, asked)

    def destroy(self, name: str) -> None:
        """Take a set or a list out of the kernel; SetMissingError, SetBusyError."""
        asked = f'destroy set "{name}"'
        with self._change(asked):
            self._table.forget_shapes()
            shape = self._table.find_shape(name)
            if shape is None:
                changes = lists.remove(self._table.channel, name)
                if not changes:
                    raise SetMissingError(errno.ENOENT, asked, "the set does not exist")
            else:
                if set_changes.list_rules_of(self._table.channel, name, shape):
                    raise SetBusyError(errno.EBUSY, asked, "a list refers to the set")
                changes = [delete_set(TABLE, encoded) for encoded in encode_all(name, shape)]
            self._table.forget_shapes()
            self._table.commit(changes, asked)
            lists.remove_empty_table(self._table)

    def flush(self, name: str) -> None:
        """Take all elements out of a set, and the sets of its prefix lengths away; all sets out of a list."""
        with self._change(f'flush set "{name}"'):
            self._table.forget_shapes()
            if lists.is_there(self._table.channel, name):
                self._table.commit(lists.flush(name), f'flush list "{name}"')
                return
            shape = self._require(name)
            full = LONGEST[shape.version]
            gone = [encode_length(name, shape.version, each) for each in shape.prefixes if each != full]
            rules = set_changes.list_rules_of(self._table.channel, name, shape)
            changes = [flush_set(TABLE, encode_length(name, shape.version, full))]
            if gone:
                changes += set_changes.join_rules(name, shape, rules)
            changes += [delete_set(TABLE, each) for each in gone]
            self._table.commit(changes, f'flush set "{name}"')
            self._table.note_shape(name, shape._replace(prefixes=frozenset((full,))))

    def add(self, name: str, network: Network, timeout_s: Optional[int] = None) -> None:
        """Add an element, or give one that is there this timeout; 0 is permanent, None the set's default."""
        self.add_key(name, key_of(network), timeout_s)

    def add_key(self, name: str, key: Key, timeout_s: Optional[int] = None) -> None:
        """The same as `add` from plain numbers, without an object for each ban of a burst."""
        element.check(key)
        if timeout_s is None:
            timeout_s = self._require(name).timeout_s or 0
        try:
            self._put(name, key[0], {key[2]: (element.pack(key, timeout_s),)})
        except KernelError:
            raise
        except OSError as problem:
            raise self._table.explain(problem, f'add {text_of(key)} to set "{name}"') from problem

    def add_many(self, name: str, elements: Iterable[tuple[Network, Optional[int]]]) -> int:
        """Add elements in few transactions; how many. On an error all before the one named are in the set."""
        # the last of two that are the same is the one that counts, as if they came one by one
        pending = list({key_of(network): timeout_s for network, timeout_s in elements}.items())
        for key, _timeout_s in pending:
            element.check(key)
        if any(timeout_s is None for _key, timeout_s in pending):
            default_s = self._require(name).timeout_s or 0
            pending = [(key, default_s if timeout_s is None else timeout_s) for key, timeout_s in pending]
        # one of the wrong family is refused alone
        most = _BATCH if len({key[0] for key, _timeout_s in pending}) == 1 else 1
        self._fill(name, pending, most)
        return len(pending)

    def delete(self, name: str, network: Network) -> bool:
        """Remove an element; False when it was not there (the kernel expires elements by itself)."""
        version, prefix, packed = pack(network)
        asked = f'look up {network} in set "{name}"'
        with self._change(asked):
            shape = self._require(name, version)
            if prefix not in shape.prefixes:
                return False
            encoded = encode_length(name, version, prefix)
            if not self._is_there(name, encoded, packed):
                return False
            try:
                self._table.commit(list(change_elements(DELETE_ELEMENT, TABLE, encoded, [packed])), asked)
            except SetMissingError:
                # it has expired between the look and the deletion
                return False
        return True

    def link(self, list_name: str, member: str) -> None:
        """Put a set into a list; nothing happens when it is in."""
        asked = f'add set "{member}" to "{list_name}"'
        with self._change(asked):
            self._table.forget_shapes()
            shape = self._require(member)
            chain = lists.chain_of(list_name, shape.version)
            self._require_list(list_name, asked)
            there = {row.set for row in ruleset.list_rules(self._table.channel, TABLE, chain)}
            missing = [
                each for each in shape.prefixes if encode_length(member, shape.version, each) not in there
            ]
            is_scoped = list_name in self._scoped
            if missing:
                self._table.commit(lists.link(chain, member, shape.version, missing, is_scoped), asked)

    def unlink(self, list_name: str, member: str) -> None:
        """Take a set out of a list, with its port rules; nothing happens when it is not in."""
        asked = f'remove set "{member}" from "{list_name}"'
        with self._change(asked):
            self._require_list(list_name, asked)
            self._require(member)
            is_scoped = list_name in self._scoped
            self._table.commit(lists.unlink(self._table.channel, list_name, member, is_scoped), asked)

    def _is_there(self, name: str, encoded: str, packed: bytes) -> bool:
        """Whether an element is there: deleting one that is not would make the kernel wait for 16 ms."""
        is_there = has_element(self._table.channel, encoded, packed)
        if not is_there and ruleset.find_set(self._table.channel, TABLE, encoded) is None:
            # the set itself is gone
            self._table.forget_shapes()
            self._require(name)
        return is_there

    @contextlib.contextmanager
    def _change(self, asked: str) -> Iterator[None]:
        """Hold the lock, and name what was asked in what the kernel refuses."""
        with self._table.lock, error.name_errors(asked):
            yield

    def _fill(self, name: str, rows: Sequence[tuple[Key, Optional[int]]], most: int = _BATCH) -> None:
        """Add elements of one family, as many at once as a transaction may have."""
        size = min(most, max(1, self._table.channel.capacity // (3 * ELEMENT_SIZE)))
        for start in range(0, len(rows), size):
            self._add_batch(name, [(key, left_s or 0) for key, left_s in rows[start : start + size]])

    def _add_batch(self, name: str, batch: Sequence[tuple[Key, Optional[int]]]) -> None:
        groups: dict[int, list[bytes]] = {}
        for key, timeout_s in batch:
            groups.setdefault(key[2], []).append(element.pack(key, timeout_s))
        try:
            self._put(name, batch[0][0][0], groups)
        except KernelError:
            raise
        except OSError:
            # the same again one by one: this names the element that does not go in
            for key, timeout_s in batch:
                self.add_key(name, key, timeout_s)

    def _put(self, name: str, version: int, groups: _Groups) -> None:
        """Add packed elements, all or none, and the sets of prefix lengths that are new; OSError."""
        with self._table.lock:
            try:
                self._put_once(name, version, groups)
            except TransactionError as problem:
                if problem.errno != errno.ENOENT:
                    raise
                # somebody has taken a set away
                self._table.forget_shapes()
                self._put_once(name, version, groups)

    def _put_once(self, name: str, version: int, groups: _Groups) -> None:
        shape = self._require(name, version)
        changes: list[Change] = []
        new = groups.keys() - shape.prefixes
        if new:
            changes = set_changes.make_lengths(self._table.channel, name, shape, sorted(new))
        for prefix, packed in groups.items():
            place = encode_length(name, version, prefix), packed
            # a transaction that fails makes the kernel wait for 16 ms: none does that is not in vain
            if self._table.has_updates or prefix in new:
                changes += change_elements(NEW_ELEMENT, TABLE, *place, CREATE)
            else:
                changes += set_changes.renew(*place)
        self._table.channel.commit(changes)
        if new:
            self._table.note_shape(name, shape._replace(prefixes=shape.prefixes | new))

    def _require_list(self, name: str, asked: str) -> None:
        if not lists.is_there(self._table.channel, name):
            raise SetMissingError(errno.ENOENT, asked, "the list does not exist")
