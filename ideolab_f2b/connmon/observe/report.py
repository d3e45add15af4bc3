"""The summary for people: today, yesterday, and the thresholds that fit this host. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from ideolab_f2b import columns
from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.observe.day import KEPT, DaySuspect, Peak, WatchedDay
from ideolab_f2b.connmon.observe.day_json import to_json
from ideolab_f2b.connmon.observe.suggest import ENOUGH_H, ROOM, Suggestion, suggest
from ideolab_f2b.connmon.observe.summary import ADDRESSES, ALL_HELLOS, CAPACITY, HONEST_CLIENTS, SLOTS
from ideolab_f2b.connmon.output.status import NOBODY_IS_BANNED
from ideolab_f2b.connmon.pressure.state import STATES

_RULES = {
    "mute": "sent no byte",
    "partial-hello": "sent only part of a TLS hello",
    "handshake-only": "asked for nothing after the TLS handshake",
    "trickle": "sent single bytes",
    "slow-read": "did not take their answer",
    "slot-time": "took slots for too long, for too few answers",
    "alike": "held a full server together with others of their kind",
    "in-step": "acted in step, as one program does",
    "spread": "took part in an attack that is spread over a network",
    "network": "whole networks",
    "many": "had too many connections",
}
_HEAD = ("who", "first", "last", "times", "connections", "score", "answers", "why")
_SUGGESTED = ("setting", "now", "suggested", "largest honest number", "whose", "when")


def format_summary(days: Sequence[WatchedDay], settings: Connmon, today: date) -> str:
    """Return the report of `connmon --summary`."""
    lines = [f"{NOBODY_IS_BANNED}; see connmon-observed.log", ""] if settings.observe else []
    for name, when in (("today", today), ("yesterday", today - timedelta(days=1))):
        found = [day for day in days if day.date == when.isoformat()]
        lines += [*(_format_day(name, found[0]) if found else [f"{name}, {when}: nothing was seen"]), ""]
    return "\n".join([*lines, *_format_suggestions(days, settings)])


def format_json(days: Sequence[WatchedDay], settings: Connmon) -> str:
    """Return the same for programs: the days as the file has them, and the suggestions."""
    suggested = {one.key: one.suggested for one in suggest(days, settings)}
    found = {"observe": settings.observe, "days": list(map(to_json, days)), "suggested": suggested}
    return columns.format_json(found)


def _format_day(name: str, day: WatchedDay) -> Iterator[str]:
    part = f", {_duration(day.observed_s)} of it" if day.observed_s < day.watched_s else ","
    observed = f"{part} with observe = yes" if day.observed_s else ""
    yield f"{name}, {day.date}: watched for {_duration(day.watched_s)}{observed}"
    yield f"  the server: {_format_states(day)}; at most {_format_most(day)}"
    count = f"{'about ' if day.is_about else ''}{day.count_suspects():,}"
    what = "would have been banned" if day.observed_s else "were suspects, for fail2ban to ban"
    if not day.rules:
        yield f"  nobody {what.replace('were suspects', 'was a suspect')}"
        return
    yield f"  {count} {what}:"
    for rule, number in sorted(day.rules.items(), key=lambda item: -item[1]):
        yield f"    {number:,} {_RULES.get(rule, rule)}"
    rows = [_format_suspect(one) for one in day.list_suspects()[:KEPT]]
    yield f"  the {len(rows)} with most connections (answers: in the ten minutes before it was named):"
    yield from (f"    {line}" for line in columns.align([_HEAD, *rows]))


def _format_suspect(one: DaySuspect) -> tuple[str, ...]:
    numbers = (one.times, one.connections, one.score, one.answers)
    return (one.address, _clock(one.first), _clock(one.last), *map(str, numbers), one.why or "-")


def _format_states(day: WatchedDay) -> str:
    names = [*STATES, *(name for name in day.states if name not in STATES)]
    parts = [f"{name} for {_duration(day.states[name])}" for name in names if day.states.get(name)]
    return ", ".join(parts) or "state unknown"


def _format_most(day: WatchedDay) -> str:
    capacity = day.peaks.get(CAPACITY, Peak()).value
    slots = f"slots taken of {capacity:,}" if capacity else "slots taken"
    names = {SLOTS: slots, ALL_HELLOS: "half TLS hellos", ADDRESSES: "addresses"}
    return ", ".join(
        f"{peak.value:,} {text}" + (f" ({_clock(peak.at)})" if peak.value else "")
        for peak, text in ((day.peaks.get(name, Peak()), text) for name, text in names.items())
    )


def _format_suggestions(days: Sequence[WatchedDay], settings: Connmon) -> Iterator[str]:
    hours = sum(day.watched_s for day in days) / 3600
    clients = max((day.peaks.get(HONEST_CLIENTS, Peak()).value for day in days), default=0)
    addresses = max((day.peaks.get(ADDRESSES, Peak()).value for day in days), default=0)
    yield (
        f"thresholds for this host, from {hours:.1f} hours since {days[0].date}, with up to {addresses:,} "
        f"addresses at once, {clients:,} of them with many connections and answers:"
    )
    rows = [_format_suggestion(one) for one in suggest(days, settings)]
    yield from (f"  {line}" for line in columns.align([_SUGGESTED, *rows]))
    yield f"  {ROOM} times the largest honest number is suggested, never less than the default. Who gets"
    yield "  as many answers in ten minutes as it has quiet connections counts as honest: look whose it is."
    if hours < ENOUGH_H:
        yield f"  {hours:.1f} hours are too few: wait for {ENOUGH_H:.0f}, with the busiest hour among them"


def _format_suggestion(one: Suggestion) -> tuple[str, ...]:
    seen = one.seen
    when = datetime.fromtimestamp(seen.at).strftime("%m-%d %H:%M") if seen.value else "-"
    return one.key, str(one.now), str(one.suggested), str(seen.value), seen.address or "-", when


def _clock(when: float) -> str:
    return datetime.fromtimestamp(when).strftime("%H:%M:%S")


def _duration(seconds: float) -> str:
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
