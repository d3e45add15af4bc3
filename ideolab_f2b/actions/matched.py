"""What the last line that a filter matched tells, where the line is one of ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Optional

_OURS = re.compile(
    r"(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,6}))?(?P<zone>[+-]\d{4}) "
    r"(?P<program>[a-z]+): [a-z]+ \S+(?P<plain>(?: [a-z][a-z0-9_-]*=[A-Za-z0-9_.:/+@%-]+)*)"
    r"(?: (?P<quoted>[a-z][a-z0-9_-]*=\".*))?$"
)
_QUOTED = re.compile(r'([a-z][a-z0-9_-]*)="([^"]*)"')
_PHASES = ("mute", "partial-hello", "handshake", "trickle", "slow-read", "idle")


class Matched(NamedTuple):
    """`when` in epoch seconds, None when the line has whole seconds only; `words` are its key=value."""

    when: Optional[float]
    program: str
    words: Mapping[str, str]
    quoted: Mapping[str, str]

    def number(self, name: str) -> Optional[int]:
        text = self.words.get(name, "")
        return int(text) if text.isdecimal() and len(text) <= 9 else None

    @property
    def reason(self) -> Optional[str]:
        """A person's or program's own words; of connmon the phases."""
        said = self.quoted.get("reason") or self.words.get("reason")
        if said:
            return said
        phases = [f"{self.words[name]} {name}" for name in _PHASES if self.words.get(name, "0") != "0"]
        return ", ".join(phases) or None


def last(matches: str) -> Optional[Matched]:
    """Of the last line; None when that line does not have our grammar from its first letter on."""
    found = _OURS.match(matches.rstrip("\n").rpartition("\n")[2])
    if found is None:
        return None
    words = dict(pair.split("=", 1) for pair in found["plain"].split())
    return Matched(
        _when(found["second"], found["fraction"], found["zone"]),
        found["program"],
        words,
        dict(_QUOTED.findall(found["quoted"] or "")),
    )


def _when(second: str, fraction: Optional[str], zone: str) -> Optional[float]:
    whole = None if fraction is None else _epoch(second + zone)
    return None if whole is None else whole + float(f"0.{fraction}")


@lru_cache(maxsize=64)
def _epoch(date: str) -> Optional[float]:
    # a burst has thousands of lines of the same second
    try:
        return datetime.strptime(date, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return None
