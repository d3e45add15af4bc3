"""Whom connmon named and whom fail2ban banned, read from their logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import logline
from tests.bench.redteam.server.addresses import Owner, find_owner

_BAN = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) .*NOTICE  \[(\S+)\] Ban (\S+)$")
_LEFT_OUT = ("scope", "port")


class Verdict(NamedTuple):
    """An address or network that was named or banned: when (epoch), and why."""

    at: float
    address: str
    why: str

    @property
    def owner(self) -> Owner:
        """Whose it is by the bench's plan of addresses."""
        return find_owner(self.address)


def read_suspects(log: Path) -> list[Verdict]:
    """Return connmon's lines, the oldest first."""
    rows = (logline.read_line(text) for text in log.read_text().splitlines())
    reasons = _read_reasons(log.with_name("connmon_events.jsonl"))
    return [_suspect(row, reasons) for row in rows if row is not None and row.kind == "suspect"]


def _read_reasons(events: Path) -> dict[str, str]:
    """Return {address: the reason of its first event}."""
    found: dict[str, str] = {}
    for line in events.read_text().splitlines() if events.exists() else ():
        event = json.loads(line)
        found.setdefault(event.get("ip") or event.get("subnet"), event.get("reason", ""))
    return found


def _suspect(row: logline.Line, reasons: dict[str, str]) -> Verdict:
    pairs = [f"{name}={value}" for name, value in row.plain.items() if name not in _LEFT_OUT and value != "0"]
    return Verdict(row.when or 0.0, row.address, " ".join([*pairs, reasons.get(row.address, "")]).strip())


def read_bans(log: Path) -> list[Verdict]:
    """Return fail2ban's bans, the oldest first."""
    return [_ban(found) for found in map(_BAN.search, log.read_text().splitlines()) if found]


def _ban(found: re.Match[str]) -> Verdict:
    at = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").timestamp() + int(found[2]) / 1000
    return Verdict(at, found[4], found[3])


def first(verdicts: Iterable[Verdict], role: str) -> dict[int, Verdict]:
    """Return the first verdict of each owner of a role, by the owner's number."""
    found: dict[int, Verdict] = {}
    for one in verdicts:
        if one.owner.role == role:
            found.setdefault(one.owner.number, one)
    return found
