"""Writes a comparison as a table for people, or as one JSON object for programs. Pure."""

from __future__ import annotations

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
    ports = {jail.name: jail.ports for jail in comparison.jails if jail.ports is not None}
    cells = [_cells(one, comparison.when, origins.get(one.address), ports) for one in rows]
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
    fields: dict[str, Any] = {
        "fail2ban": comparison.trouble or "up",
        "jails": jails(comparison),
        "elements": comparison.elements,
        "drift": comparison.drift,
        "bans": [record(one, origins.get(one.address)) for one in comparison.rows],
    }
    if comparison.trouble:
        fields["error"] = f"fail2ban is down: {comparison.trouble}"
    return columns.format_json(fields, comparison.when)


def jails(comparison: BanComparison) -> list[dict[str, Any]]:
    """Return the fields of each jail for programs."""
    return [
        {
            "jail": jail.name,
            "set": jail.set,
            "backend": jail.backend if jail.set is not None else None,
            "bans": len(jail.bans),
            "queued": jail.queued,
            "ports": jail.ports,
        }
        for jail in comparison.jails
    ]


def record(one: BanRow, origin: Optional[Origin] = None) -> dict[str, Any]:
    """Return the fields of one ban for programs; docs/bans.md has them."""
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
        "prefixes": len(one.prefixes) if one.prefixes else None,
        "asn": origin and origin.asn,
        "asname": origin and origin.asname,
        "country": origin and origin.country,
        "prefix": origin and origin.prefix,
    }


def _cells(
    one: BanRow, now: float, origin: Optional[Origin], ports: Mapping[str, str]
) -> tuple[str, str, str, str, str]:
    mark = "! " if one.is_drift else "  "
    only = ports.get(one.jail or "")
    return (
        f"{mark}{one.address}",
        one.jail or f"set {one.set}",
        _ends(one, now),
        _kernel(one) + (f" on {only}" if only and one.in_kernel else ""),
        f"{_count(len(one.prefixes), 'prefix')}" if one.prefixes else _origin(origin),
    )


def _ends(one: BanRow, now: float) -> str:
    if one.state == ban_row.UNWATCHED:
        return "-"
    if one.ban is None:
        return "not banned"
    return "never" if one.ban.until is None else format_duration(one.ban.until - now)


def _kernel(one: BanRow) -> str:
    if one.state == ban_row.ELSEWHERE:
        return "-"
    if not one.in_kernel:
        return "missing" if one.state == ban_row.MISSING else "ended"
    left = "stays" if one.element_s is None else format_duration(one.element_s)
    return left if one.state in (ban_row.OK, ban_row.UNWATCHED) else f"{one.state} ({left})"


def _origin(origin: Optional[Origin]) -> str:
    if origin is None or not origin.is_known:
        return "-"
    return origin_words(origin)


def origin_words(origin: Origin) -> str:
    """Return the AS, its name and the country, as far as they are known."""
    words = [f"AS{origin.asn}" if origin.asn else "", origin.asname or "", origin.country or ""]
    return " ".join(plain(word, _NAME) for word in words if word)


def plain(text: str, length: int) -> str:
    """Return what a stranger wrote for a terminal: whatever it holds, it moves no cursor and has an end."""
    kept = "".join(letter if letter.isprintable() else "?" for letter in text)
    return kept if len(kept) <= length else f"{kept[: length - 1]}…"


def format_duration(seconds: float) -> str:
    """Return seconds as `59m 12s`, `23h 4m` or `6d 23h`; never below zero."""
    left = max(0, int(seconds))
    for unit, length, below, part in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if left >= length:
            return f"{left // length}{unit} {left % length // part}{below}"
    return f"{left}s"


def _count(number: int, word: str) -> str:
    plural = "es" if word.endswith("x") else "s"
    return f"{number} {word}{'' if number == 1 else plural}"
