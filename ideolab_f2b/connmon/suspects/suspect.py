"""An address or network over a threshold, and suspects that are alike. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload


class Cluster(NamedTuple):
    """Addresses whose connections do the same and were set up by the same kind of TCP."""

    #: the network key that its addresses have in common
    key: str
    phase: str
    addresses: int
    connections: int


@dataclass(frozen=True)
class Suspect:
    """An address or IPv6 /64, or a network of them, with what its connections do and why that is too much."""

    address: str
    #: ip or net
    scope: str
    score: int
    connections: int
    addresses: int
    #: connections by the name of their phase
    phases: dict[str, int]
    #: short sentences for people
    why: tuple[str, ...] = ()
    #: how its connections were set up, most of them; "" where that was not read
    network_key: str = ""
    clusters: tuple[Cluster, ...] = ()
    #: seconds of its ban; 0 = those of the jail
    ttl: int = 0
    #: which rule names it; "" for who is no suspect
    rule: str = ""
    #: the sentence that says why where the counts by phase do not
    reason: str = ""
    #: answers that it got in the last ten minutes, as far as they were noted
    answers: int = 0


class Suspects(Sequence[Suspect]):
    """Suspects that are made when they are asked for, and not kept: there may be 50,000 of them."""

    def __init__(
        self,
        names: Sequence[Any],
        make: Callable[[Any], Suspect],
        networks: int = 0,
        address_of: Callable[[Any], str] = str,
    ) -> None:
        """`make` returns the suspect of a name, `address_of` its address; `networks` of them are networks."""
        self._names, self._make, self._networks, self._address_of = names, make, networks, address_of

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> Suspect: ...

    @overload
    def __getitem__(self, index: slice) -> Suspects: ...

    def __getitem__(self, index: int | slice) -> Suspect | Suspects:
        if isinstance(index, slice):
            return Suspects(self._names[index], self._make, address_of=self._address_of)
        return self._make(self._names[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"Suspects({list(self)!r})"

    __hash__ = None  # type: ignore[assignment]

    def count_networks(self) -> int:
        """Return how many of them are networks."""
        return self._networks

    def change_each(self, change: Callable[[Suspect], Suspect]) -> Suspects:
        """Return the same suspects with the same addresses, each changed when it is asked for."""
        return Suspects(self._names, lambda name: change(self._make(name)), self._networks, self._address_of)

    def addresses(self) -> Iterator[str]:
        """Yield their addresses without making them."""
        return map(self._address_of, self._names)


def addresses_of(suspects: Sequence[Suspect]) -> Iterable[str]:
    """Return the addresses of suspects; those that are made when asked for are not made."""
    if isinstance(suspects, Suspects):
        return suspects.addresses()
    return [one.address for one in suspects]


def count_networks(suspects: Sequence[Suspect]) -> int:
    """Return how many suspects are networks; those that are made when asked for need not be made."""
    if isinstance(suspects, Suspects):
        return suspects.count_networks()
    return sum(one.scope == "net" for one in suspects)
