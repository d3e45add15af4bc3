"""Asks Cymru's whois, or a server that speaks as it does, for many addresses by one connection."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Optional

from ideolab_f2b.origin import cymru
from ideolab_f2b.origin.exchange import Deadline, Exchange
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin

#: seconds that a server may take to close after the last row: further origins of the last address
_LAST_S = 0.5


class Reply(NamedTuple):
    """What one source answered, and why answers are missing."""

    found: dict[Address, Origin]
    error: Optional[str]


class Bulk:
    """One server; the time to resolve its name is part of each deadline."""

    def __init__(self, host: str, port: int) -> None:
        self._name = f"{host}:{port}"
        self._exchange = Exchange(host, port)

    def ask(self, addresses: Collection[Address], deadline: float) -> Reply:
        """Ask by one connection until `deadline` (time.monotonic()); network errors never raise."""
        reader, end = cymru.ReplyReader(addresses), Deadline(deadline)
        limit = cymru.size_limit(len(addresses))
        try:
            for piece in self._exchange.pieces(cymru.request(addresses), end, limit):
                reader.read(piece)
                if reader.is_complete:
                    end.shorten(_LAST_S)
            reader.end()
        except OSError as error:
            if not reader.is_complete:
                return Reply(reader.found, f"{self._name}: {error}")
        if not reader.is_complete:
            return Reply(reader.found, f"{self._name}: it closed before all was answered")
        return Reply(reader.found, None)
