"""DROP rules that stand where they do not belong: of an earlier version, option or variant of iptables."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import NamedTuple

from ideolab_f2b.firewall import iptables
from ideolab_f2b.firewall.chains import TABLES
from ideolab_f2b.firewall.iptables import LOCK, RawMissingError, Run
from ideolab_f2b.firewall.position import Position, read_position
from ideolab_f2b.firewall.rule import list_deletions
from ideolab_f2b.firewall.variants import RulePlace, list_places


class OldRule(NamedTuple):
    """Where the rule stands, and what it has counted there."""

    place: RulePlace
    position: Position


def find(version: int, kept: Collection[str] = (), run: Run = iptables.run) -> Iterator[OldRule]:
    """Yield the DROP rules of a family in all chains of both variants but those that are kept; RuleError."""
    for place in list_places(version, kept, run):
        with contextlib.suppress(RawMissingError):
            lines = iptables.list_rules(place.program, place.chain, TABLES[place.chain], run)
            position = read_position(place.chain, lines or [], {})
            if position.copies:
                yield OldRule(place, position)


def remove(old: OldRule, run: Run = iptables.run) -> None:
    """Take a rule with all its copies out of its chain; RuleError."""
    iptables.change(old.place.program, TABLES[old.place.chain], list_deletions(old.position), run)


def remove_all(version: int, run: Run = iptables.run) -> None:
    """Take the rule of a family out of every chain; RuleError."""
    with LOCK:
        for old in find(version, run=run):
            remove(old, run)
