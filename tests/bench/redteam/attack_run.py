"""One run of an attack: visitors alone, then the attack beside them, then visitors alone again."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

from tests.bench.redteam import service, verdicts
from tests.bench.redteam.attackers.attack import Attack
from tests.bench.redteam.result import Result
from tests.bench.redteam.server.site import Setting, Site, site
from tests.bench.redteam.service import Visit
from tests.bench.redteam.slots import Sampler, longest_hold_s
from tests.bench.redteam.verdicts import Verdict
from tests.bench.redteam.visitors import PATIENCE_S

_VISITORS = "tests.bench.redteam.visitors"
_ATTACKERS = "tests.bench.redteam.attackers"


class Times(NamedTuple):
    """How long the parts of a run take, in seconds."""

    before: float = 6.0
    attack: float = 45.0
    after: float = 6.0

    @property
    def total(self) -> float:
        """All of it; the last visit may take its whole patience."""
        return self.before + self.attack + self.after + PATIENCE_S


class _Seen(NamedTuple):
    """What a run left: when the attack began, who came, who was named and banned, what was counted."""

    began: float
    visits: Sequence[Visit]
    suspects: Sequence[Verdict]
    bans: Sequence[Verdict]
    counts: dict[str, int]


def run(name: str, attack: Attack, setting: Setting, times: Times) -> Result:
    """Attack a fresh site and return what happened."""
    with site(setting) as place:
        sampler = Sampler(place.nginx)
        seen = _attack(place, attack, times, sampler)
    return _judge(name, attack, setting, times, seen, sampler)


def _attack(place: Site, attack: Attack, times: Times, sampler: Sampler) -> _Seen:
    count = str(attack.count(place.setting.slots))
    words = (json.dumps(dataclasses.asdict(attack)), count, f"{times.attack}")
    with place.run_clients("visitors", _VISITORS, f"{times.total}") as visitors:
        time.sleep(times.before)
        with sampler.run(), place.run_clients("attackers", _ATTACKERS, *words) as attackers:
            told = [json.loads(line) for line in attackers.wait(times.attack)[:2]]
        visits = service.read_visits(visitors.wait(times.after + PATIENCE_S))
    return _Seen(
        float(told[0]["began"]),
        visits,
        verdicts.read_suspects(place.suspects),
        verdicts.read_bans(place.bans),
        told[1],
    )


def _judge(
    name: str, attack: Attack, setting: Setting, times: Times, seen: _Seen, sampler: Sampler
) -> Result:
    begin, end = seen.began, seen.began + times.attack
    shares = service.bins(seen.visits, begin, end)
    before = service.between(seen.visits, 0.0, begin - PATIENCE_S / 2)
    after = service.between(seen.visits, end + 1, end + times.after)
    named, banned = (verdicts.first(each, "attacker") for each in (seen.suspects, seen.bans))
    honest = verdicts.first((*seen.suspects, *seen.bans), "visitor")
    return Result(
        attack=name,
        variant=setting.variant,
        addresses=attack.addresses,
        connections=attack.count(setting.slots),
        slots=setting.slots,
        used=max((one.used for one in sampler.samples), default=0),
        outage_s=service.longest_outage_s(shares),
        named=len(named),
        first_named_s=_first(named.values(), begin),
        banned=len(banned),
        first_ban_s=_first(banned.values(), begin),
        before=service.share(before),
        during=service.share(service.between(seen.visits, begin, end)),
        after=service.share(after),
        quarter_s=longest_hold_s(sampler.samples, setting.slots, attack.addresses),
        honest=tuple(f"visitor {number}: {one.why}" for number, one in honest.items()),
        counts=seen.counts,
        bins=tuple(shares),
        used_each_s=tuple(one.used for one in sampler.samples),
    )


def _first(found: Iterable[Verdict], begin: float) -> Optional[float]:
    return min((one.at - begin for one in found), default=None)
