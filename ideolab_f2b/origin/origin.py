"""The origin of one address: plain values, cleaned, safe to print and to store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

#: `source` of an address that nobody knows
NONE = "none"


@dataclass(frozen=True)
class Origin:
    """`asn` is digits without AS, `country` two upper-case letters, `prefix` the announced network.

    `source` is the one that answered first (mmdb, cymru, ipwhois), also when the cache remembered it.
    """

    address: str
    asn: Optional[str] = None
    asname: Optional[str] = None
    country: Optional[str] = None
    prefix: Optional[str] = None
    source: str = NONE

    @property
    def is_known(self) -> bool:
        """Whether an AS or a country is known."""
        return self.asn is not None or self.country is not None

    def of(self, address: str) -> Origin:
        """Return the same origin for another address of the prefix."""
        return Origin(address, self.asn, self.asname, self.country, self.prefix, self.source)

    def with_local(self, local: Optional[Origin]) -> Origin:
        """Return the origin with the country of local files first, and their ASN where it has none."""
        if local is None or not local.is_known:
            return self if self.is_known else Origin(self.address)
        if self.asn is None:
            return local.of(self.address)
        return replace(self, country=local.country or self.country)
