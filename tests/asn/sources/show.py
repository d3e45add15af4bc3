"""Rows of a source as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from ideolab_f2b.asn.range_row import RangeRow


def show(rows: Iterable[RangeRow]) -> list[str]:
    """Return rows as `first-last AS64500 name`."""
    return [
        f"{ip_address(row.first)}-{ip_address(row.last)} AS{row.number} {row.name}".rstrip() for row in rows
    ]
