"""What holds for one address: by which bans, until when, why, and what lifts them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

from ideolab_f2b.bans import ban_row, text
from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.bans.result import BANNED, NOT_BANNED
from ideolab_f2b.event import Event
from ideolab_f2b.origin.origin import Origin

UNKNOWN = "unknown"
#: bans inside a network that are named
_NAMED = 5
#: characters of a reason and of a log line
_SHOWN = 200


@dataclass(frozen=True)
class AddressStatus:
    """`events` has those of the holders, by address and jail; `protected`: why it is never banned, or ""."""

    address: str
    when: float
    holders: tuple[BanRow, ...] = ()
    inside: tuple[BanRow, ...] = ()
    events: Mapping[tuple[str, str], Event] = field(default_factory=dict)
    origin: Optional[Origin] = None
    protected: str = ""
    #: why fail2ban did not answer
    trouble: str = ""

    @property
    def state(self) -> str:
        """BANNED, NOT_BANNED, or UNKNOWN: fail2ban is down and the kernel holds nothing."""
        if self.holders:
            return BANNED
        return UNKNOWN if self.trouble else NOT_BANNED

    def fields(self) -> dict[str, Any]:
        """Return the fields of the JSON object; docs/commands.md has them."""
        fields: dict[str, Any] = {
            "address": self.address,
            "state": self.state,
            "bans": [self._record(one) for one in self.holders],
            "inside": [one.address for one in self.inside],
            "protected": self.protected or None,
            **{name: getattr(self.origin, name, None) for name in ("asn", "asname", "country", "prefix")},
        }
        return {**fields, "error": f"fail2ban is down: {self.trouble}"} if self.trouble else fields

    def _record(self, one: BanRow) -> dict[str, Any]:
        seen = self._event(one)
        return {
            **text.record(one),
            "reason": seen and seen.reason,
            "line": (_last_line(seen) or None) if seen else None,
        }

    def _event(self, one: BanRow) -> Optional[Event]:
        return self.events.get((one.address, one.jail or ""))

    def lines(self) -> Iterator[str]:
        """Return the lines for people: the answer first, then what there is to know of each ban."""
        if not self.holders:
            yield f"{self.address} {self._absence()}"
        for one in self.holders:
            yield f"{self.address} is banned{self._where(one)}"
            yield from (f"  {name:<9}{words}" for name, words in self._facts(one) if words)
        if self.protected:
            yield f"  spared   {self.protected}"
        if self.inside:
            names = ", ".join(one.address for one in self.inside[:_NAMED])
            more = f" and {len(self.inside) - _NAMED} more" if len(self.inside) > _NAMED else ""
            yield f"  inside   {len(self.inside)} bans lie in it: {names}{more}"
        if self.origin is not None and self.origin.is_known:
            yield f"  origin   {text.origin_words(self.origin)}"

    def _absence(self) -> str:
        if self.trouble:
            return f"is in no kernel set; fail2ban is down, which may hold a ban of it: {self.trouble}"
        return "is not banned"

    def _where(self, one: BanRow) -> str:
        network = "" if one.address == self.address else f" as a part of {one.address}"
        return f"{network} by {'jail ' + one.jail if one.jail else 'kernel set ' + str(one.set)}"

    def _end(self, one: BanRow) -> str:
        if one.ban is None:
            left = "it stays" if one.element_s is None else f"{text.format_duration(one.element_s)} left"
            return f"{left} in the kernel; no jail holds this ban"
        if one.ban.until is None:
            return "permanent"
        return f"{_date(one.ban.until)} ({text.format_duration(one.ban.until - self.when)} left)"

    def _facts(self, one: BanRow) -> Iterator[tuple[str, str]]:
        seen = self._event(one)
        yield "since", _date(one.ban.since) if one.ban else ""
        yield "until", self._end(one)
        yield "kernel", _describe_element(one)
        if one.ban:
            yield (
                "why",
                text.plain(seen.reason or "", _SHOWN) if seen else "its event is not in the log",
            )
        yield "line", text.plain(_last_line(seen), _SHOWN) if seen else ""
        yield "lift", self._lift(one)

    def _lift(self, one: BanRow) -> str:
        if one.ban is None:
            return "sudo ideolab-f2b check --repair"
        kind = "AS" if one.prefixes else "network"
        whole = "" if one.address == self.address else f" (it lifts the whole {kind})"
        return f"sudo ideolab-f2b unban {one.address}{whole}"


def _describe_element(one: BanRow) -> str:
    if one.state == ban_row.ELSEWHERE:
        return "unknown: the jail has an action of its own"
    if one.state == ban_row.MISSING:
        return f"set {one.set} does not hold it: it gets through; sudo ideolab-f2b check --repair"
    if not one.in_kernel:
        return f"set {one.set} does not hold it any more"
    short = ", but not as long as the ban lasts; sudo ideolab-f2b check --repair"
    return f"set {one.set} holds it{short if one.state == ban_row.SHORT else ''}"


def _last_line(seen: Event) -> str:
    lines = (seen.raw or {}).get("matches")
    return str(lines[-1]) if isinstance(lines, list) and lines else ""


def _date(when: float) -> str:
    return datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
