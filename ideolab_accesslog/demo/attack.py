"""The events of the played attack, as the lines of connmon_events.jsonl have them (docs/report.md). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from random import Random
from typing import Any, NamedTuple, Optional

from ideolab_accesslog.demo import places
from ideolab_accesslog.demo.places import BOTNET, OFFSHORE, PROVIDERS, Provider
from ideolab_accesslog.demo.scans import PATHS

#: one object of the file
Line = dict[str, Any]
#: no event of the pack has an id that begins so
ID_PREFIX = "demo-"

#: how long it was quiet, and how many of 100 events are from these days
QUIET = timedelta(days=10)
_QUIET_PART = 20
#: the waves before the one that is on: when they ended, and how many of 100 events each has
WAVES = ((timedelta(days=3), 10), (timedelta(hours=16), 12), (timedelta(hours=5), 14))
#: how long a wave takes; the last one is on
WAVE = timedelta(minutes=55)
#: when fail2ban was restarted, and how many bans it made again
_RESTART = timedelta(days=2, hours=5)
_RESTORED = 8
#: a customer of IPv6 who was banned by hand, as rows.py has it
_CUSTOMER = "2001:db8:b000:1::/64"
#: when the worst network, then the worst AS, was banned as a whole
_NETWORK_BAN = timedelta(minutes=31)
_AS_BAN = timedelta(minutes=14)
_HOUR_S = 3600
_DAY_S = 86400
_FOR_EVER = -1


class Technique(NamedTuple):
    """What attackers do, the jail that bans them for it, and for how many seconds; `share` of 100 do so.

    `phase` is what connmon sees; without one the jail reads a log, where `line` stands.
    """

    jail: str
    share: int
    bantime: int
    phase: str = ""
    meaning: str = ""
    line: str = ""


TECHNIQUES = (
    Technique("ideolab-connmon", 27, _HOUR_S, "mute", "sent no byte"),
    Technique("ideolab-connmon", 18, _HOUR_S, "partial-hello", "sent only part of a TLS hello"),
    Technique("ideolab-connmon", 9, _HOUR_S, "trickle", "sent a byte now and then"),
    Technique("ideolab-connmon", 9, _HOUR_S, "slow-read", "does not take what it asked for"),
    Technique(
        "nginx-ideolab-slowtls", 17, _HOUR_S, line="client timed out (110: Connection timed out) while SSL"
    ),
    Technique(
        "nginx-ideolab-probe", 8, _HOUR_S, line="client sent invalid method while reading client request"
    ),
    Technique("ideolab-traship", 12, _DAY_S, line="offence"),
)


def make_lines(count: int, now: datetime, random: Random) -> list[Line]:
    """Return `count` events by their time: quiet days, some waves, and the one of the last hour."""
    attackers = Attackers(random)
    lines = _big_bans(now)
    lines += islice(_play(attackers, lambda: _quiet_moment(now, random), now), count * _QUIET_PART // 100)
    for ago, part in WAVES:
        lines += islice(_play(attackers, partial(_moment, now - ago, random), now), count * part // 100)
    lines += islice(_play(attackers, partial(_moment, now, random), now), max(0, count - len(lines)))
    return _number(lines[:count], 0)


def make_next_lines(first: int, now: datetime, attackers: Attackers) -> list[Line]:
    """Return what is written about one to three attackers more; `first` numbers the first event."""
    about = attackers.random.randint(1, 3)
    lines = islice(_play(attackers, lambda: now - timedelta(seconds=1), now), 2 * about)
    return _number(lines, first)


def _number(lines: Iterable[Line], first: int) -> list[Line]:
    """Return the events by their time, each with an id."""
    by_time = sorted(lines, key=lambda line: str(line["ts"]))
    return [{**line, "id": f"{ID_PREFIX}{number:06}"} for number, line in enumerate(by_time, first)]


class Attackers:
    """Chooses who attacks next; what a provider has no more of comes from the next one."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._scans: dict[str, list[datetime]] = {}
        self._left = {provider: places.list_attackers(provider, random) for provider in PROVIDERS}

    def choose(self) -> str:
        """Return the address or /64 of the next attacker; ValueError once all have attacked."""
        (chosen,) = self.random.choices(PROVIDERS, [provider.share for provider in PROVIDERS])
        for provider in (chosen, *PROVIDERS[::-1]):
            found = next(self._left[provider], None)
            if found is not None:
                return found
        raise ValueError("every address of the played attack has been used")

    def find_scanner(self, at: datetime) -> Optional[str]:
        """Return one of SCANNERS that is not banned at this time, and will not be within its ban; or None."""
        address = self.random.choice(places.SCANNERS)
        scans = self._scans.setdefault(address, [])
        if any(abs(at - other) <= timedelta(seconds=_DAY_S) for other in scans):
            return None
        scans.append(at)
        return address


def _quiet_moment(now: datetime, random: Random) -> datetime:
    """Return a time of the quiet days, more often in the evening than in the morning."""
    at = now - WAVE * 2 - random.random() * (QUIET - WAVE * 2)
    return at if random.random() < (0.35 + at.hour / 36) else _quiet_moment(now, random)


def _moment(end: datetime, random: Random) -> datetime:
    """Return a time of a wave: it rises fast and falls slowly."""
    return end - WAVE * random.betavariate(1.6, 1.2)


def _play(attackers: Attackers, choose_moment: Any, now: datetime) -> Iterator[Line]:
    """Yield what is written about one attacker after another, for ever."""
    random = attackers.random
    while True:
        address, at = attackers.choose(), choose_moment()
        (technique,) = random.choices(TECHNIQUES, [each.share for each in TECHNIQUES])
        if technique.jail == "ideolab-traship":
            address = attackers.find_scanner(at) or address
        yield from (line for line in _incident(address, technique, at, random) if line["ts"] <= _text(now))


def _incident(address: str, technique: Technique, at: datetime, random: Random) -> Iterator[Line]:
    """Yield the sighting, the ban, and its end."""
    count = random.randint(24, 140) if technique.phase else random.randint(3, 30)
    facts = _facts(address)
    if technique.phase:
        why = f"{count} {technique.phase} ({technique.meaning}) for 8 s or more (limit 8)"
        phases = {technique.phase: count, "idle": random.randint(0, 4)}
        raw = {"port": 443, "scope": "ip", "phases": phases, "addresses": 1}
        score = 2 + min(3, count // 40)
        yield _line(at, "suspect", **_target(address), count=count, score=score, reason=why, raw=raw)
        said: dict[str, Any] = {"count": count, "score": score, "reason": f"{count} {technique.phase}"}
    else:
        said = {"count": count, "score": None, "reason": None}
    banned = at + timedelta(milliseconds=random.randint(90, 900))
    raw = {
        "origin_source": "cymru",
        "failures": count,
        "matches": [_match(technique, address, banned, random)],
    }
    ban = {**_target(address), **facts, "jail": technique.jail, "bantime": technique.bantime}
    until = banned + timedelta(seconds=technique.bantime)
    yield _line(banned, "ban", **ban, **said, until=_text(until), raw=raw)
    yield _line(until, "unban", **ban, count=count, until=_text(until), raw={"origin_source": "cymru"})


def _match(technique: Technique, address: str, at: datetime, random: Random) -> str:
    """Return the line of the log that the jail has read."""
    when = at.isoformat(timespec="milliseconds").replace("+00:00", "+0000")
    if technique.phase:
        return (
            f"{when} connmon: suspect {address} scope=ip {technique.phase}={random.randint(24, 99)} port=443"
        )
    if technique.jail == "ideolab-traship":
        path = random.choice(PATHS)
        return f'{when} traship: offence {address} reason=sensitive_path status=403 method=GET path="{path}"'
    return f'{when} intake: error {address} text="{technique.line}"'


def _big_bans(now: datetime) -> list[Line]:
    """Return the bans of a whole network and of an AS, bans by hand, and those that a restart made again."""
    network = {"subnet": BOTNET.prefix, **_origin(BOTNET), "jail": "ideolab-connmon-net", "bantime": _HOUR_S}
    asn = {**_origin(OFFSHORE), "origin": None, "jail": "ideolab-asn", "bantime": _DAY_S}
    by_hand = {"jail": "ideolab-manual", "count": 1}
    at = now - _NETWORK_BAN
    lines = [
        _line(
            at, "ban", **network, count=612, score=5, reason="498 mute, 114 partial-hello",
            until=_text(at + timedelta(seconds=_HOUR_S)), raw={"scope": "net", "addresses": 97},
        ),
        _line(
            now - _AS_BAN, "ban", **asn, reason="third wave from this provider in a week",
            until=_text(now - _AS_BAN + timedelta(seconds=_DAY_S)), raw={"prefixes": 3},
        ),
        _line(
            now - timedelta(hours=30), "ban", **_target("198.18.64.7"), **_facts("198.18.64.7"), **by_hand,
            bantime=_FOR_EVER, reason="open proxy, seen for weeks", raw={},
        ),
        _line(
            now - timedelta(minutes=22), "ban", **_target("198.18.0.61"), **_facts("198.18.0.61"), **by_hand,
            bantime=_DAY_S, until=_text(now + timedelta(hours=23, minutes=38)), reason="path scan", raw={},
        ),
        _line(
            now - timedelta(minutes=9), "ban", **_target(_CUSTOMER), **_facts(_CUSTOMER), **by_hand,
            bantime=_DAY_S, until=_text(now + timedelta(hours=23, minutes=51)), reason="path scan", raw={},
        ),
    ]  # fmt: skip
    return lines + [_restore(address, now - _RESTART) for address in places.SCANNERS[:_RESTORED]]


def _restore(address: str, at: datetime) -> Line:
    ban = {"jail": "ideolab-traship", "bantime": _DAY_S, "until": _text(at + timedelta(hours=9))}
    return _line(at, "restored", **_target(address), **_facts(address), **ban, count=10, raw={})


def _target(address: str) -> dict[str, Optional[str]]:
    """Return address and network: an IPv6 client is its /64, which is a network."""
    is_address = "/" not in address
    return {"ip": address if is_address else None, "subnet": places.find_subnet(address)}


def _facts(address: str) -> dict[str, str]:
    return _origin(places.find_provider(address))


def _origin(provider: Provider) -> dict[str, str]:
    return {
        "asn": provider.asn,
        "asname": provider.name,
        "country": provider.country,
        "origin": provider.prefix,
    }


_KEYS = (
    *(
        "ts",
        "type",
        "ip",
        "subnet",
        "count",
        "score",
        "asn",
        "asname",
        "country",
        "reason",
        "jail",
        "bantime",
    ),
    *("until", "origin", "raw", "in"),
)


def _line(at: datetime, kind: str, **fields: Any) -> Line:
    return {**dict.fromkeys(_KEYS), "ts": _text(at), "type": kind, **fields}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
