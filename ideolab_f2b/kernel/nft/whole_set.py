"""Reads all elements of a hash set, also while the kernel moves them.

The kernel tells a long set in pieces, each from the number of the element at which the last one ended. Where
elements expire or the set grows meanwhile, others have these numbers: half of them may be missing in one
answer, and a few in several. Who acts on what is missing looks twice.
"""

from __future__ import annotations

from typing import Optional

from ideolab_f2b.kernel.nft import element, ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import GET_ELEMENT, text
from ideolab_f2b.kernel.nft.names import TABLE

#: readings of one set, the most
_READINGS = 6


def read(channel: NftChannel, encoded: str) -> dict[bytes, Optional[int]]:
    """Return the keys with the seconds that are left to each, None for good; OSError.

    It is read until there are as many as the kernel counts, or until a reading tells nothing new.
    """
    payload = text(1, TABLE) + text(2, encoded)
    found: dict[bytes, Optional[int]] = {}
    for reading in range(_READINGS):
        answers = channel.dump_all(GET_ELEMENT, payload)
        before = len(found)
        # while others add, the kernel may tell an element twice
        found.update(each for answer in answers for each in element.unpack(answer))
        if len(answers) < 2 or (reading and len(found) == before) or _is_whole(channel, encoded, found):
            break
    return found


def _is_whole(channel: NftChannel, encoded: str, found: dict[bytes, Optional[int]]) -> bool:
    row = ruleset.find_set(channel, TABLE, encoded)
    # kernels before 6.16 do not count
    return row is None or (row.elements is not None and len(found) >= row.elements)
