"""Writes a comparison as a table for people, or as one JSON object for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ideolab_f2b import columns
from ideolab_f2b.bans import ban_row
from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.origin.origin import Origin

_HEAD = ("  ADDRESS", "JAIL", "BAN ENDS IN", "IN KERNEL", "ORIGIN")
#: characters of an AS name; the column is the last
_NAME = 40
_ORDER = {ban_row.MISSING: 0, ban_row.SHORT: 1, ban_row.STALE: 2}


def table(comparison: BanComparison, origins: Mapping[str, Origin]) -> Iterator[str]:
    """Return the lines of the table and the summary: drift first, marked with !, then by jail and address."""
    rows = sorted(comparison.rows, key=_rank)
    cells = [_cells(one, comparison.when, origins.get(one.address)) for one in rows]
    if cells:
        yield from columns.align([_HEAD, *cells])
    yield summary(comparison)


def _rank(one: BanRow) -> tuple[int, str, Key]:
    return _ORDER.get(one.state, 3), one.jail or one.set or "", one.key


def summary(comparison: BanComparison) -> str:
    """Return the counts, and what to type when something differs."""
    elements = sum(comparison.elements.values())
    if comparison.trouble:
        end = "; they end by themselves" if elements else ""
        return f"{_count(elements, 'element')} in the kernel{end}"
    bans = sum(len(jail.bans) for jail in comparison.jails)
    text = f"{_count(bans, 'ban')} in {_count(len(comparison.jails), 'jail')}"
    text += f", {_count(elements, 'element')} in the kernel"
    queued = [jail.name for jail in comparison.jails if jail.queued]
    if queued:
        text += f"; {', '.join(queued)} still restoring"
    drift = ", ".join(f"{count} {word}" for word, count in comparison.drift.items() if count)
    return f"{text}; drift: {drift} -> sudo ideolab-f2b check --repair" if drift else text


def to_json(comparison: BanComparison, origins: Mapping[str, Origin]) -> str:
    """Return the comparison as one line; docs/bans.md has its fields."""
    jails = [
        {"jail": jail.name, "set": jail.set, "bans": len(jail.bans), "queued": jail.queued}
        for jail in comparison.jails
    ]
    fields = {
        "t": round(comparison.when, 3),
        "fail2ban": comparison.trouble or "up",
        "jails": jails,
        "elements": comparison.elements,
        "drift": comparison.drift,
        "bans": [_record(one, origins.get(one.address)) for one in comparison.rows],
    }
    return json.dumps(fields, separators=(",", ":"))


def _record(one: BanRow, origin: Optional[Origin]) -> dict[str, Any]:
    return {
        "address": one.address,
        "jail": one.jail,
        "set": one.set,
        "state": one.state,
        "since": one.ban and one.ban.since,
        "bantime": one.ban and one.ban.bantime,
        "until": one.ban and one.ban.until,
        "in_kernel": one.in_kernel if one.state != ban_row.ELSEWHERE else None,
        "element_s": one.element_s,
        "asn": origin and origin.asn,
        "asname": origin and origin.asname,
        "country": origin and origin.country,
        "prefix": origin and origin.prefix,
    }


def _cells(one: BanRow, now: float, origin: Optional[Origin]) -> tuple[str, str, str, str, str]:
    mark = "! " if one.is_drift else "  "
    return (
        f"{mark}{one.address}",
        one.jail or f"set {one.set}",
        _ends(one, now),
        _kernel(one),
        _origin(origin),
    )


def _ends(one: BanRow, now: float) -> str:
    if one.state == ban_row.UNWATCHED:
        return "-"
    if one.ban is None:
        return "not banned"
    return "never" if one.ban.until is None else duration(one.ban.until - now)


def _kernel(one: BanRow) -> str:
    if one.state == ban_row.ELSEWHERE:
        return "-"
    if not one.in_kernel:
        return "missing" if one.state == ban_row.MISSING else "ended"
    left = "stays" if one.element_s is None else duration(one.element_s)
    return left if one.state in (ban_row.OK, ban_row.UNWATCHED) else f"{one.state} ({left})"


def _origin(origin: Optional[Origin]) -> str:
    if origin is None or not origin.is_known:
        return "-"
    words = [f"AS{origin.asn}" if origin.asn else "", _plain(origin.asname or ""), origin.country or ""]
    return " ".join(word for word in words if word)


def _plain(name: str) -> str:
    # whois text on a terminal: whatever it holds, it moves no cursor
    kept = "".join(letter if letter.isprintable() else "?" for letter in name)
    return kept if len(kept) <= _NAME else f"{kept[: _NAME - 1]}…"


def duration(seconds: float) -> str:
    """Return seconds as `59m 12s`, `23h 4m` or `6d 23h`; never below zero."""
    left = max(0, int(seconds))
    for unit, length, below, part in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if left >= length:
            return f"{left // length}{unit} {left % length // part}{below}"
    return f"{left}s"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
