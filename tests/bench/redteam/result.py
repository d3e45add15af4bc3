"""What a run of an attack found: one JSON line, one row of a table."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Optional

#: nginx serves again before an attack of too few addresses lasts so many seconds
LIMIT_S = 20.0
_HEAD = (
    "attack", "nginx", "addresses", "connections", "slots", "used", "outage s", "named", "first s",
    "banned", "first ban s", "before", "during", "after", "a quarter s", "honest",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One run; times count from the begin of the attack; `before` and the like are parts of visits served."""

    attack: str
    variant: str
    addresses: int
    connections: int
    slots: int
    #: the most slots in use at once
    used: int
    outage_s: float
    #: attackers that connmon named, and that fail2ban banned
    named: int
    first_named_s: Optional[float]
    banned: int
    first_ban_s: Optional[float]
    before: float
    during: float
    after: float
    #: the longest time that one address held more than a quarter of an exhausted nginx
    quarter_s: float
    #: visitors that were named
    honest: tuple[str, ...]
    counts: dict[str, int]
    #: served part of each two seconds from the attack's begin on
    bins: tuple[float, ...]
    #: slots in use, second by second
    used_each_s: tuple[int, ...]

    @property
    def is_down(self) -> bool:
        """Whether nginx served nobody for longer than the limit."""
        return self.outage_s > LIMIT_S

    def to_json(self) -> str:
        """Return all of it as one line."""
        return json.dumps(dataclasses.asdict(self))

    def row(self) -> Sequence[str]:
        """Return the cells of the table."""
        return (
            self.attack, self.variant, str(self.addresses), str(self.connections), str(self.slots),
            str(self.used), f"{self.outage_s:.0f}", str(self.named), _seconds(self.first_named_s),
            str(self.banned), _seconds(self.first_ban_s), f"{self.before:.0%}", f"{self.during:.0%}",
            f"{self.after:.0%}", f"{self.quarter_s:.0f}", ", ".join(self.honest) or "-",
        )  # fmt: skip


def _seconds(value: Optional[float]) -> str:
    return "-" if value is None else f"{value:.1f}"


def sweep_row(name: str, text: str, tried: Sequence[Result]) -> Sequence[str]:
    """Return the row of an attack that was tried with more and more addresses."""
    enough = [one.addresses for one in tried if one.is_down]
    outages = ", ".join(f"{one.addresses}: {one.outage_s:.0f} s" for one in tried)
    return name, text, str(enough[0]) if enough else f"more than {tried[-1].addresses}", outages


def sweep_table(rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown of how many addresses an attacker needs."""
    return _markdown(("attack", "what it does", "addresses needed", "longest time without service"), rows)


def table(results: Iterable[Result]) -> str:
    """Return a table in Markdown."""
    return _markdown(_HEAD, (one.row() for one in results))


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
