"""One event as its table has it: values in the order of the columns."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Optional


class EventRow(NamedTuple):
    """The values of one row, named as the fields of ConnmonEvent; `amount` is its field `count`.

    Times are aware UTC, no text is empty, `raw` is JSON of ASCII.
    """

    ts: datetime
    type: str
    ip: Optional[str]
    subnet: Optional[str]
    start: Optional[str]
    amount: Optional[int]
    score: Optional[int]
    asn: Optional[str]
    asname: Optional[str]
    country: Optional[str]
    reason: Optional[str]
    jail: Optional[str]
    bantime: Optional[int]
    until: Optional[datetime]
    prefix: Optional[str]
    namespace: Optional[str]
    event_id: str
    created_at: datetime
    raw: Optional[str]


#: the fields of ConnmonEvent in this order; a tuple has a method `count`
FIELDS = tuple("count" if name == "amount" else name for name in EventRow._fields)
