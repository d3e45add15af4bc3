"""The pack in a few lines: jails, bans, how full the server is, the last ban, what is wrong. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple, Optional

from ideolab_f2b import metrics
from ideolab_f2b.bans import text
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.bans.last_events import find_name
from ideolab_f2b.connmon.pressure.state import STATES, UNKNOWN
from ideolab_f2b.event import Event
from ideolab_f2b.places import ALL_JAILS

#: columns of the terminal that the lines fit
_WIDTH = 79
#: columns of what stands in front of each line
_INDENT = 10
#: characters of a reason
_REASON = 60
#: more than any time, slot or suspect of connmon's
_NUMBER = 1e12
_PORT = re.compile(r"[0-9]{1,5}")


class PortState(NamedTuple):
    """How full the servers behind a port are; a capacity of 0 is unknown."""

    port: int
    state: str
    slots: int
    capacity: int


class ConnmonState(NamedTuple):
    """What connmon last wrote into its metrics; `last` is when, in epoch seconds, None: never."""

    last: Optional[float] = None
    suspects: int = 0
    ports: tuple[PortState, ...] = ()
    #: network namespaces of containers that it looks into; None where nobody says
    containers: Optional[int] = None


class Overview(NamedTuple):
    """All that the verb `status` shows without an address; `stale_s`: so long connmon may be silent."""

    seen: BanComparison
    connmon: ConnmonState
    last_ban: Optional[Event]
    stale_s: float
    is_observing: bool = False

    def wrong(self) -> list[str]:
        """Return a sentence for each thing that is wrong."""
        return [*self._wrong_bans(), *self._wrong_connmon()]

    def _wrong_bans(self) -> Iterator[str]:
        if self.seen.trouble:
            yield f"fail2ban is down: {self.seen.trouble}"
        elif not any(jail.name in ALL_JAILS for jail in self.seen.jails):
            yield "no jail of the pack runs"
        drift = ", ".join(f"{count} {word}" for word, count in self.seen.drift.items() if count)
        if drift:
            yield f"the kernel differs from fail2ban: {drift}"

    def _wrong_connmon(self) -> Iterator[str]:
        last = self.connmon.last
        if last is None:
            yield "connmon has written no metrics: it does not run, or cannot write them"
        elif self.seen.when - last > self.stale_s:
            yield f"connmon last did its work {text.format_duration(self.seen.when - last)} ago"
        if self.is_observing:
            yield "observe = yes: connmon bans nobody"

    def fields(self) -> dict[str, Any]:
        """Return the fields of the JSON object; docs/commands.md has them."""
        fields: dict[str, Any] = {
            "fail2ban": self.seen.trouble or "up",
            "jails": text.jails(self.seen),
            "elements": self.seen.elements,
            "drift": self.seen.drift,
            "connmon": {
                **self.connmon._asdict(),
                "ports": [port._asdict() for port in self.connmon.ports],
            },
            "last_ban": self.last_ban and _record(self.last_ban),
            "wrong": self.wrong(),
        }
        return {**fields, "error": f"fail2ban is down: {self.seen.trouble}"} if self.seen.trouble else fields

    def lines(self) -> Iterator[str]:
        """Return the lines for people; what is wrong comes last, with what to type."""
        for name, words in (
            ("fail2ban", "down" if self.seen.trouble else self._format_jails()),
            ("kernel", text.summary(self.seen)),
            ("connmon", self._format_connmon()),
            ("last ban", self._format_last_ban()),
            *(("wrong", each) for each in self.wrong()),
        ):
            yield _wrap(name, words)
        end = "says what mends it" if self.wrong() else "tries every part; nothing is wrong here"
        yield f"sudo ideolab-f2b check {end}"

    def _format_jails(self) -> str:
        ours = [jail for jail in self.seen.jails if jail.set is not None]
        counts = ", ".join(f"{jail.name} {len(jail.bans)}" for jail in ours)
        others = sum(len(jail.bans) for jail in self.seen.jails if jail.set is None)
        behind = f"; {others} in other jails" if others else ""
        return f"up; bans by jail of the pack: {counts or 'none runs'}{behind}"

    def _format_connmon(self) -> str:
        if self.connmon.last is None:
            return "unknown: it has written no metrics"
        age = text.format_duration(self.seen.when - self.connmon.last)
        ports = [f"port {one.port} {one.state}, {_format_slots(one)}" for one in self.connmon.ports]
        number = self.connmon.containers
        others = [] if number is None else [f"{number:,} containers"]
        return "; ".join([f"{age} ago", *ports, *others, f"{self.connmon.suspects:,} suspects"])

    def _format_last_ban(self) -> str:
        last = self.last_ban
        if last is None:
            return "none in the log of events"
        ago = text.format_duration(self.seen.when - last.ts.timestamp())
        address, jail, reason, where = (
            text.plain(each or "", _REASON)
            for each in (find_name(last), last.jail, last.reason, last.namespace)
        )
        inside = f" in {where}" if where else ""
        return f"{address} by {jail}{inside}, {ago} ago{f': {reason}' if reason else ''}"


def read_connmon(values: metrics.Values) -> ConnmonState:
    """Return what the metrics of connmon say; a port that has none is left out.

    Their file belongs to another user, and this is root: a number that cannot be is taken for none.
    """

    def of(name: str, key: tuple[tuple[str, str], ...] = ()) -> float:
        return _sound(values.get(name, {}).get(key))

    ports = []
    states, taken = (values.get(f"ideolab_connmon_{name}", {}) for name in ("pressure", "slots"))
    for key in sorted({*states, *taken}):
        port, state = dict(key).get("port", ""), states.get(key)
        if _PORT.fullmatch(port) and (state is None or 0 <= state < len(STATES)):
            slots, capacity = (int(of(f"ideolab_connmon_{name}", key)) for name in ("slots", "capacity"))
            # without a number a container's state is not known, and no other one is worse
            name = UNKNOWN if state is None else STATES[int(state)]
            ports.append(PortState(int(port), name, slots, capacity))
    last = of("ideolab_f2b_last_success_timestamp_seconds", (("job", "connmon"),))
    suspects = sum(map(_sound, values.get("ideolab_f2b_suspects", {}).values()))
    namespaces = values.get("ideolab_f2b_namespaces", {}).get(())
    containers = None if namespaces is None else int(_sound(namespaces))
    return ConnmonState(last or None, int(suspects), tuple(ports), containers)


def _sound(value: Optional[float]) -> float:
    return value if value is not None and 0 <= value < _NUMBER else 0.0


def _wrap(name: str, words: str) -> str:
    return textwrap.fill(
        f"{name:<{_INDENT}}{words}",
        _WIDTH,
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _format_slots(one: PortState) -> str:
    return f"{one.slots:,} slots taken of {f'{one.capacity:,}' if one.capacity else 'an unknown number'}"


def _record(last: Event) -> dict[str, Any]:
    return {
        "address": find_name(last) or None,
        "jail": last.jail,
        "since": round(last.ts.timestamp(), 3),
        "bantime": last.bantime,
        "until": last.until and round(last.until.timestamp(), 3),
        "reason": last.reason,
        "in": last.namespace,
    }
