"""Many addresses, one connection to Cymru's whois, or to a server that speaks as it does."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Optional

from ideolab_f2b.origin import cymru
from ideolab_f2b.origin.exchange import Deadline, Exchange
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin

#: seconds that a server may take to close after the last row: further origins of the last address
_LAST_S = 0.5


class Answer(NamedTuple):
    """What came, and why it is not everything."""

    found: dict[Address, Origin]
    trouble: Optional[str]


class Bulk:
    """One server; the resolver of its name is part of the deadline."""

    def __init__(self, host: str, port: int) -> None:
        self._name = f"{host}:{port}"
        self._exchange = Exchange(host, port)

    def ask(self, addresses: Collection[Address], deadline: float) -> Answer:
        """By one connection; `deadline` is time.monotonic(). Never raises for what the world does."""
        rows, end = cymru.Rows(addresses), Deadline(deadline)
        limit = cymru.size_limit(len(addresses))
        try:
            for piece in self._exchange.pieces(cymru.request(addresses), end, limit):
                rows.feed(piece)
                if rows.is_complete:
                    end.shorten(_LAST_S)
            rows.end()
        except OSError as error:
            if not rows.is_complete:
                return Answer(rows.found, f"{self._name}: {error}")
        if not rows.is_complete:
            return Answer(rows.found, f"{self._name}: it closed before all was answered")
        return Answer(rows.found, None)
