"""The result for each address that somebody asked to ban or to unban."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple, Optional

from ideolab_f2b import columns
from ideolab_f2b.kernel.ipset.element import Network

BANNED = "banned"
ALREADY = "already"
REFUSED = "refused"
ERROR = "error"
UNBANNED = "unbanned"
NOT_BANNED = "not-banned"
#: any other result is a failure
_DONE = (BANNED, ALREADY, UNBANNED, NOT_BANNED)


class BanResult(NamedTuple):
    """`until` is epoch seconds; None: the ban stays, or there is none."""

    address: str
    result: str
    until: Optional[int] = None
    detail: str = ""

    def __str__(self) -> str:
        words = [f"{self.result:<10} {self.address:<39}"]
        if self.result in (BANNED, ALREADY):
            words.append("permanent" if self.until is None else f"until {_date(self.until)}")
        return "  ".join([*words, *([self.detail] if self.detail else [])]).rstrip()

    def to_json(self) -> str:
        """Return the result as one JSON object."""
        return columns.format_json(self._asdict())

    @property
    def is_done(self) -> bool:
        """Whether the address is now as was asked."""
        return self.result in _DONE


def _date(until: int) -> str:
    return datetime.fromtimestamp(until, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def text_of(network: Network) -> str:
    """Write a network as fail2ban does: a single address without a prefix."""
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)
