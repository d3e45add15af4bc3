"""One run of honest clients, side by side: in calm, or beside an attack that takes all slots."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tests.bench.redteam import verdicts
from tests.bench.redteam.attackers.attack import Attack
from tests.bench.redteam.honest.kinds import KINDS
from tests.bench.redteam.honest.programs import REPOSITORY
from tests.bench.redteam.server.addresses import BY_ROUTE, HTTP1_BY_ROUTE, honest
from tests.bench.redteam.server.site import Setting, Site, site
from tests.bench.redteam.slots import Sampler, exhausted_s

_HONEST = "tests.bench.redteam.honest"
_ATTACKERS = "tests.bench.redteam.attackers"
#: seconds that the honest clients have before an attack begins
_CALM_S = 30.0
#: who got an answer in so many seconds is a user of the site, whatever else he does
_RECENT_S = 60.0
_HEAD = ("kind", "clients", "answers", "failures", "named s", "banned s", "answered before", "why")


@dataclass(frozen=True)
class Outcome:
    """What became of a kind; times are seconds after the run began."""

    kind: str
    clients: int
    answers: int
    failures: Mapping[str, int]
    named_s: Optional[float]
    banned_s: Optional[float]
    #: whether it had an answer in the minute before it was named or banned
    was_served: bool
    why: str

    def is_wrong(self, *, in_attack: bool) -> bool:
        """Whether it should have been left alone: always in calm; in an attack, who had answers."""
        was_found = self.named_s is not None or self.banned_s is not None
        return was_found and (self.was_served or not in_attack)

    def to_json(self) -> str:
        """Return all of it as one line."""
        return json.dumps(dataclasses.asdict(self))

    def row(self) -> Sequence[str]:
        """Return the cells of the table."""
        failures = ", ".join(f"{count} {name}" for name, count in self.failures.items())
        return (
            self.kind, str(self.clients), str(self.answers), failures or "-", _seconds(self.named_s),
            _seconds(self.banned_s), "yes" if self.was_served else "-", self.why or "-",
        )  # fmt: skip


def _seconds(value: Optional[float]) -> str:
    return "-" if value is None else f"{value:.1f}"


class Found(NamedTuple):
    """What a run found: of each kind; how long nginx was full, and how many attackers were banned."""

    outcomes: Sequence[Outcome]
    exhausted_s: float
    banned: int

    def text(self) -> str:
        """Return a table in Markdown, and a line about the attack."""
        rows = (_HEAD, ["---"] * len(_HEAD), *(one.row() for one in self.outcomes))
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.append(f"nginx was full for {self.exhausted_s:.0f} s, {self.banned} attackers were banned")
        return "\n".join(lines)


def run(names: Sequence[str], setting: Setting, seconds: float, attack: Optional[Attack]) -> Found:
    """Let these kinds live side by side on a fresh site, and return what became of them."""
    with site(setting) as place:
        _write_repository(Path(place.nginx.error_log).parent.parent / "www" / REPOSITORY.strip("/"))
        _add_routes(place, names)
        begin, sampler = time.time(), Sampler(place.nginx)
        with contextlib.ExitStack() as undo:
            undo.enter_context(sampler.run())
            clients = undo.enter_context(place.run_clients("honest", _HONEST, f"{seconds}", *names))
            if attack is not None:
                time.sleep(min(_CALM_S, seconds / 4))
                undo.enter_context(_attack(place, attack, seconds))
            rows = [json.loads(line) for line in clients.wait(seconds) if line.startswith('{"kind"')]
        suspects, bans = verdicts.read_suspects(place.suspects), verdicts.read_bans(place.bans)
    named, banned = (verdicts.first(each, "honest") for each in (suspects, bans))
    outcomes = [judge(row, named, banned, begin) for row in rows]
    attackers = verdicts.first(bans, "attacker")
    return Found(outcomes, exhausted_s(sampler.samples, setting.slots), len(attackers))


def _attack(place: Site, attack: Attack, seconds: float) -> contextlib.AbstractContextManager[object]:
    words = (json.dumps(dataclasses.asdict(attack)), str(attack.count(place.setting.slots)), f"{seconds}")
    return place.run_clients("attackers", _ATTACKERS, *words)


def _add_routes(place: Site, names: Sequence[str]) -> None:
    for number, (name, kind) in enumerate(KINDS.items()):
        if name in names and kind.server in (*BY_ROUTE, HTTP1_BY_ROUTE):
            place.route(kind.server, honest(number))


def _write_repository(path: Path) -> None:
    """Write a repository that git clones from files alone."""
    path.mkdir()

    def git(*words: str, text: str = "") -> str:
        command = ["git", "-c", "user.name=lab", "-c", "user.email=lab@lab.example", *words]
        done = subprocess.run(command, cwd=path, input=text, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q", "--bare", ".")
    blob = git("hash-object", "-w", "--stdin", text="hello\n")
    tree = git("mktree", text=f"100644 blob {blob}\tREADME\n")
    git("update-ref", "HEAD", git("commit-tree", "-m", "first", tree))
    git("update-server-info")


def judge(
    row: Mapping[str, Any],
    named: Mapping[int, verdicts.Verdict],
    banned: Mapping[int, verdicts.Verdict],
    begin: float,
) -> Outcome:
    """Return what became of one kind, from what its process printed and from both logs."""
    number = list(KINDS).index(row["kind"])
    name, ban = named.get(number), banned.get(number)
    at = min((one.at for one in (name, ban) if one), default=0.0)
    return Outcome(
        kind=row["kind"],
        clients=KINDS[row["kind"]].clients,
        answers=row["answers"],
        failures=row["failures"],
        named_s=name.at - begin if name else None,
        banned_s=ban.at - begin if ban else None,
        was_served=any(at - _RECENT_S <= second < at for second in row["answered_s"]),
        why=name.why if name else "",
    )
