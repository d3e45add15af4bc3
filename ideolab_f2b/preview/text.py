"""Writes a preview for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Optional

from ideolab_f2b.notation import prefix_counts
from ideolab_f2b.preview.preview import Preview

#: reasons that are shown of each kind; JSON has all
_SHOWN = 5


def lines(one: Preview) -> Iterator[str]:
    """Return the lines: what it is, what it would hit, and whether it would be made."""
    yield f"{one.word}: {_size(one)}"
    yield f"  connections  {_connections(one)}"
    yield f"  visitors     {_visitors(one)}"
    for trouble in one.troubles[:_SHOWN]:
        yield f"  unknown      {trouble}"
    yield from _verdict(one)


def _size(one: Preview) -> str:
    if one.prefixes is None:
        return "its networks are unknown"
    return prefix_counts.describe(one.prefixes, one.addresses4 or 0, one.networks6 or 0)


def _connections(one: Preview) -> str:
    found = one.connections
    return "unknown" if found is None else f"{_part(found.inside, found.total)} of the present ones"


def _visitors(one: Preview) -> str:
    found = one.visitors
    if found is None:
        return "unknown"
    clients = f"{_part(found.clients, found.clients_total)} of the clients"
    requests = f"{_part(found.requests, found.requests_total)} of the requests"
    return f"{clients}, {requests}{_since(one.since)}{', read in part' if one.is_partial else ''}"


def _since(when: Optional[float]) -> str:
    if when is None:
        return ""
    return datetime.fromtimestamp(when, timezone.utc).strftime(" since %Y-%m-%d %H:00 UTC")


def _part(inside: int, total: int) -> str:
    share = f" ({100 * inside / total:.1f} %)" if total else ""
    return f"{inside:,} of {total:,}{share}"


def _verdict(one: Preview) -> Iterator[str]:
    for reason in one.answer.refusals[:_SHOWN]:
        yield f"  refused      {reason}"
    if len(one.answer.refusals) > _SHOWN:
        yield f"  refused      and for {len(one.answer.refusals) - _SHOWN} more reasons"
    if one.answer.excess:
        yield f"  refused      {one.answer.excess}"
    if not one.answer.is_known:
        yield f"  refused      fail2ban does not say who is protected: {one.answer.why}"
    elif one.is_allowed:
        yield "  allowed      nothing that is protected lies in it"
