"""What became of each address: one line for a person, or one JSON object for a program; the exit code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import NamedTuple, Optional

BANNED, ALREADY, REFUSED, ERROR = "banned", "already", "refused", "error"
UNBANNED, NOT_BANNED = "unbanned", "not-banned"
#: what is left is a failure
_DONE = (BANNED, ALREADY, UNBANNED, NOT_BANNED)


class Answer(NamedTuple):
    """`until` is a time of the epoch; None: the ban stays, or there is none."""

    address: str
    result: str
    until: Optional[int] = None
    detail: str = ""

    def __str__(self) -> str:
        words = [f"{self.result:<10} {self.address:<39}"]
        if self.result in (BANNED, ALREADY):
            words.append("permanent" if self.until is None else f"until {_date(self.until)}")
        return "  ".join([*words, *([self.detail] if self.detail else [])]).rstrip()


def _date(until: int) -> str:
    return datetime.fromtimestamp(until, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def tell(answers: Iterable[Answer], *, is_json: bool) -> int:
    """Print them; 0 all done, 1 some refused or failed."""
    code = 0
    for answer in answers:
        print(json.dumps(answer._asdict()) if is_json else answer, flush=True)
        code = code if answer.result in _DONE else 1
    return code
