"""Writes suggestions as a table with what to type, or as one JSON object. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from ideolab_f2b import columns
from ideolab_f2b.bans.text import plain
from ideolab_f2b.suggest.proposals import Proposal
from ideolab_f2b.suggest.report import Report

_HEAD = ("PROPOSAL", "BANNED", "OF", "AT LEAST", "VISITORS", "REQUESTS", "AS", "PREVIEW")
#: characters of an AS name
_NAME = 24
#: sentences about what was not read
_SENTENCES = 10


def table(report: Report) -> Iterator[str]:
    """Return the lines of the table, and below it what they rest on."""
    rows = [_cells(each) for each in report.found.proposals]
    if rows:
        yield from columns.align([_HEAD, *rows])
    else:
        yield "no network and no AS has enough bans in it"
    yield from _notes(report)
    yield "nothing was banned: run a preview, which says what a ban would hit"


def _cells(each: Proposal) -> tuple[str, ...]:
    is_6 = each.cluster.version == 6
    hit = each.hit
    return (
        word(each),
        f"{each.cluster.banned:,}",
        f"{each.cluster.size:,}{' /64' if is_6 else ''}",
        f"{each.cluster.lower:.1%}",
        "unknown" if hit is None else f"{hit.visitors:,}",
        "unknown" if hit is None else f"{hit.share:.3%}",
        " ".join(filter(None, (f"AS{each.number}" if each.number else "-", plain(each.name, _NAME)))),
        command(each),
    )


def word(each: Proposal) -> str:
    """Return what would be banned, as `ideolab-f2b ban` takes it."""
    return str(each.network) if each.network is not None else f"AS{each.number}"


def command(each: Proposal) -> str:
    """Return what to type to see what the ban would hit."""
    return f"ideolab-f2b ban {word(each)} --preview"


def _notes(report: Report) -> Iterator[str]:
    evidence, found = report.evidence, report.found
    four, six = len(evidence.units[4]), len(evidence.units[6])
    yield (
        f"{four:,} addresses and {six:,} IPv6 /64 were banned: {evidence.held:,} bans held now, "
        f"{evidence.events:,} events of {report.days:g} days; logs read: {len(evidence.files)}"
    )
    if found.spared:
        yield f"{found.spared:,} left out, because visitors come from there"
    if found.banned:
        yield f"{found.banned:,} left out, because they are banned already"
    yield _visitors(report)
    if report.system_trouble:
        yield f"networks only: {report.system_trouble}"
    if evidence.trouble is not None:
        yield "what fail2ban holds is unknown"
    yield from _unread([*evidence.unread, *report.visit_troubles])


def _unread(sentences: list[str]) -> Iterator[str]:
    yield from (f"not read: {plain(sentence, 200)}" for sentence in sentences[:_SENTENCES])
    if len(sentences) > _SENTENCES:
        yield f"not read: {len(sentences) - _SENTENCES} more"


def _visitors(report: Report) -> str:
    visits = report.visits
    if visits is None:
        return "visitors: unknown, so that nothing was left out for them"
    since = "" if report.visits_since is None else f" since {_date(report.visits_since)}"
    part = ", of a part of the logs" if report.is_partial else ""
    return f"visitors: {visits.count:,} with {visits.total:,} requests{since}{part}"


def _date(when: float) -> str:
    return f"{datetime.fromtimestamp(when, timezone.utc):%Y-%m-%d %H:%M} UTC"


def to_json(report: Report) -> str:
    """Return the suggestions as one line; docs/suggest.md has its fields."""
    evidence, visits = report.evidence, report.visits
    fields: dict[str, Any] = {
        "days": report.days,
        "fail2ban": evidence.trouble or "up",
        "held": evidence.held,
        "events": evidence.events,
        "addresses": len(evidence.units[4]),
        "networks6": len(evidence.units[6]),
        "visitors": None if visits is None else visits.count,
        "requests": None if visits is None else visits.total,
        "visitors_since": report.visits_since,
        "visitors_partial": report.is_partial,
        "as_table": report.system_trouble or "read",
        "spared": report.found.spared,
        "banned_already": report.found.banned,
        "unread": [*evidence.unread, *report.visit_troubles],
        "proposals": [_record(each) for each in report.found.proposals],
    }
    if evidence.trouble is not None:
        fields["error"] = f"fail2ban was not asked: {evidence.trouble}"
    return columns.format_json(fields)


def _record(each: Proposal) -> dict[str, Any]:
    return {
        "proposal": word(each),
        "kind": "network" if each.network is not None else "as",
        "family": each.cluster.version,
        "banned": each.cluster.banned,
        "size": each.cluster.size,
        "networks": each.cluster.networks,
        "share": each.cluster.banned / each.cluster.size,
        "lower": each.cluster.lower,
        "score": each.cluster.score,
        "visitors": each.hit and each.hit.visitors,
        "requests_share": each.hit and each.hit.share,
        "asn": None if each.number is None else str(each.number),
        "asname": each.name or None,
        "preview": command(each),
    }
