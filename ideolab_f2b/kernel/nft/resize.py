"""Gives the sets of a name another maxelem: a set of nf_tables cannot grow, so it is made anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, Optional

from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.kernel.nft import set_changes
from ideolab_f2b.kernel.nft.set_changes import ELEMENT_SIZE
from ideolab_f2b.kernel.nft.table_socket import SetShape, TableSocket

#: elements of one family
_Rows = Sequence["tuple[Key, Optional[int]]"]
#: adds elements to the sets of a name, in as many transactions as it takes
Fill = Callable[[str, _Rows], None]


def resize(table: TableSocket, name: str, new: SetShape, temporary: str, fill: Fill, asked: str) -> None:
    """Do all at one instant, the table's lock being held; OSError.

    Where that is too much for one transaction, as in a container of another user, sets of the name
    `temporary` hold the elements meanwhile: at no instant is one of them out.
    """
    rules = set_changes.list_rules_of(table.channel, name, new)
    rows = set_changes.read_elements(table.channel, name, new)
    if len(rows) * ELEMENT_SIZE < table.channel.capacity // 2:
        table.commit(list(set_changes.replace(name, new, rules, rows)), asked)
        table.note_shape(name, new)
        return
    # of a process that was killed in the middle
    _remove(table, temporary, asked)
    table.commit(list(set_changes.make_twin(name, temporary, new, rules)), asked)
    table.note_shape(temporary, new)
    try:
        fill(temporary, rows)
    except OSError:
        # there is less room than before: all stays as it was
        _remove(table, temporary, asked)
        raise
    table.commit(list(set_changes.replace(name, new, rules, ())), asked)
    table.note_shape(name, new)
    fill(name, rows)
    _remove(table, temporary, asked)


def _remove(table: TableSocket, name: str, asked: str) -> None:
    shape = table.find_shape(name)
    if shape is not None:
        rules = set_changes.list_rules_of(table.channel, name, shape)
        table.commit(list(set_changes.remove(name, shape, rules)), asked)
        table.forget_shapes()
