"""What a ban of one word (an address, a network or an AS) would hit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple, Optional

from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.preview import connections
from ideolab_f2b.preview.address_ranges import AddressRanges
from ideolab_f2b.preview.connections import ConnectionShare
from ideolab_f2b.visitors.visitors import Visitors, VisitorShare

#: networks that the JSON object names: a provider has hundreds, the largest have thousands
NETWORKS_MAX = 2000


class BanAnswer(NamedTuple):
    """What fail2ban's action says of a ban: why it refuses it, and what of that --force lifts.

    `is_known` is False where the server could not be asked: then nobody is banned, and `why` says why.
    """

    refusals: tuple[str, ...] = ()
    #: why it is above the cap, or ""
    excess: str = ""
    is_known: bool = True
    why: str = ""


class Preview(NamedTuple):
    """`addresses4` and `networks6` (/64) are counted once, however the prefixes overlap.

    These and `prefixes` are None where no table says which networks an AS has.
    """

    word: str
    prefixes: Optional[int]
    addresses4: Optional[int]
    networks6: Optional[int]
    connections: Optional[ConnectionShare]
    visitors: Optional[VisitorShare]
    answer: BanAnswer
    #: the logs were read in part
    is_partial: bool = False
    #: the first request that was counted, in epoch seconds
    since: Optional[float] = None
    troubles: tuple[str, ...] = ()
    #: merged; None where they are unknown or more than NETWORKS_MAX
    networks: Optional[tuple[str, ...]] = None

    @property
    def is_allowed(self) -> bool:
        """Whether the ban would be made without --force."""
        return self.answer.is_known and not self.answer.refusals and not self.answer.excess

    def fields(self) -> dict[str, Any]:
        """Return the fields of the JSON object; docs/asn.md has them."""
        return {
            "address": self.word,
            "prefixes": self.prefixes,
            "addresses": self.addresses4,
            "networks6": self.networks6,
            "networks": None if self.networks is None else list(self.networks),
            "connections": self.connections and self.connections._asdict(),
            "visitors": self.visitors and self.visitors._asdict(),
            "since": self.since,
            "partial": self.is_partial,
            "allowed": self.is_allowed,
            "over_cap": self.answer.excess or None,
            "refusals": list(self.answer.refusals),
            "unknown": [*([self.answer.why] if self.answer.why else []), *self.troubles],
        }


def make(
    word: str,
    keys: Optional[Sequence[Key]],
    peers: Optional[list[Key]],
    seen: Visitors,
    answer: BanAnswer,
    troubles: Sequence[str] = (),
) -> Preview:
    """Return the preview of a ban of these networks, None for unknown ones.

    `peers` is None where the kernel did not answer.
    """
    if keys is None:
        return Preview(word, None, None, None, None, None, answer, troubles=tuple(troubles))
    ranges = AddressRanges(keys)
    four, six = ranges.count()
    return Preview(
        word,
        len(keys),
        four,
        six,
        connections.measure(peers, ranges.holds),
        seen.measure(ranges.holds),
        answer,
        seen.is_partial,
        seen.since,
        (*troubles, *seen.troubles),
        _name_networks(ranges),
    )


def _name_networks(ranges: AddressRanges) -> Optional[tuple[str, ...]]:
    found = tuple(map(str, islice(ranges.networks(), NETWORKS_MAX + 1)))
    return found if len(found) <= NETWORKS_MAX else None
