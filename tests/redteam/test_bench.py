"""The bench of attacks: what it concludes from what was seen, and one short run of each verb."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.redteam import attack_run, honest_run, service, slots, verdicts
from tests.bench.redteam.attack_run import Times
from tests.bench.redteam.attackers.attack import ATTACKS
from tests.bench.redteam.attackers.kinds import KINDS
from tests.bench.redteam.attackers.sources import HOP, RELAY, SPREAD, Sources
from tests.bench.redteam.honest import kinds
from tests.bench.redteam.honest_run import Outcome
from tests.bench.redteam.server import addresses
from tests.bench.redteam.server.addresses import Owner
from tests.bench.redteam.server.site import Setting
from tests.bench.redteam.service import Visit
from tests.bench.redteam.slots import Sample
from tests.bench.redteam.verdicts import Verdict

pytestmark = pytest.mark.redteam

#: seconds of the two short runs
_SHORT = Times(before=4.0, attack=16.0, after=5.0)
_HONEST_S = 14.0
_LOG = """\
2026-11-29 02:00:00,250 fail2ban.filter         [1]: INFO    [ideolab-connmon] Found 10.1.0.7
2026-11-29 02:00:00,500 fail2ban.actions        [1]: NOTICE  [ideolab-connmon] Ban 10.1.0.7
2026-11-29 02:00:09,000 fail2ban.actions        [1]: NOTICE  [ideolab-connmon-net] Ban 10.120.1.0/24
"""
_SUSPECTS = (
    "2026-11-29T02:00:01.500+0000 connmon: suspect 10.100.2.1"
    " scope=ip score=2 connections=9 mute=9 trickle=0 port=443\n"
)


def test_every_owner_is_found_by_its_address() -> None:
    """Attackers, visitors and honest kinds have networks of their own."""
    found = [addresses.find_owner(one) for one in addresses.attackers(402)[::200]]

    assert found == [Owner("attacker", 0), Owner("attacker", 200), Owner("attacker", 400)]
    assert [addresses.find_owner(one).role for one in addresses.VISITORS] == ["visitor"] * 4
    assert addresses.find_owner(addresses.honest(59)) == Owner("honest", 59)
    assert addresses.find_owner("10.120.1.0/24") == Owner("honest", 0)


def test_verdicts_are_read_from_both_logs(tmp_path: Path) -> None:
    """Bans with their jail, suspects with what was counted; nothing else of the logs."""
    bans, suspects = tmp_path / "fail2ban.log", tmp_path / "connmon.log"
    bans.write_text(_LOG)
    suspects.write_text(_SUSPECTS)

    found = verdicts.read_bans(bans)

    assert [(one.address, one.why) for one in found] == [
        ("10.1.0.7", "ideolab-connmon"), ("10.120.1.0/24", "ideolab-connmon-net")
    ]  # fmt: skip
    assert found[1].at - found[0].at == 8.5
    assert list(verdicts.first(found, "honest")) == [0]
    assert [one._replace(at=0) for one in verdicts.read_suspects(suspects)] == [
        Verdict(0, "10.100.2.1", "score=2 connections=9 mute=9")
    ]
    (tmp_path / "connmon_events.jsonl").write_text('{"ip": "10.100.2.1", "reason": "9 mute"}\n')
    assert verdicts.read_suspects(suspects)[0].why == "score=2 connections=9 mute=9 9 mute"


def test_an_outage_is_the_longest_run_of_bins_without_service() -> None:
    """Half of the visits served is service; less is none."""
    served = [True] * 4 + [False] * 4 + [True, False] + [False] * 2
    visits = [Visit(100 + number, is_served) for number, is_served in enumerate(served)]

    shares = service.bins(visits, 100, 112)

    assert shares == [1.0, 1.0, 0.0, 0.0, 0.5, 0.0]
    assert service.longest_outage_s(shares) == 4.0


def test_visits_are_read_in_their_order() -> None:
    """A visit that took long is printed late; what else was printed is no visit."""
    lines = [
        '{"at": 2.0, "served": true, "took": 0.1}',
        "Traceback",
        '{"at": 1.0, "served": false, "took": 5}',
    ]

    assert service.read_visits(lines) == [Visit(1.0, False), Visit(2.0, True)]


def test_a_quarter_counts_only_while_nginx_is_exhausted() -> None:
    """And the slots of the application count for all attackers in equal parts."""
    samples = [
        Sample(0, 300, 0, {"a": 200}),
        Sample(1, 510, 0, {"a": 200}),
        Sample(2, 510, 0, {"a": 200, "b": 200}),
        # another address begins anew
        Sample(3, 510, 0, {"a": 100, "b": 200}),
        Sample(4, 510, 200, {"a": 100}),
        Sample(9, 510, 200, {"a": 100}),
    ]

    assert slots.longest_hold_s(samples, 512, addresses=1) == 5
    assert slots.longest_hold_s(samples, 512, addresses=10) == 1


def test_every_attack_has_a_kind_and_every_kind_an_attack() -> None:
    """None is only a name."""
    assert {one.kind for one in ATTACKS.values()} == set(KINDS)


def test_the_orders_of_an_attackers_addresses() -> None:
    """All at once; one until it is banned; one for some seconds."""
    clock = iter((0.0, 6.9, 7.0, 21.0)).__next__
    spread, relay = (Sources("abc", order, 7.0) for order in (SPREAD, RELAY))
    hop = Sources("abc", HOP, 7.0, clock)

    assert [spread.choose(number) for number in range(4)] == ["a", "b", "c", "a"]
    assert [hop.choose(number) for number in range(4)] == ["a", "a", "b", "a"]
    assert relay.choose(5) == "a"
    for lost in ("a", "a", "c"):
        relay.leave(lost)
    assert relay.choose(5) == "b"


def test_there_are_forty_honest_kinds() -> None:
    """Among them all that were banned when the pack was last attacked."""
    assert len(kinds.KINDS) >= 40
    assert set(kinds.REVIEWED) < set(kinds.KINDS)


@pytest.mark.root
@pytest.mark.alone
@pytest.mark.needs("fail2ban")
def test_an_attack_is_measured() -> None:
    """Half hellos of one address take all slots, and are banned before a visitor has waited for long."""
    result = attack_run.run(name="half", attack=ATTACKS["half"], setting=Setting(slots=128), times=_SHORT)

    assert (result.before, result.named, result.banned, result.honest) == (1.0, 1, 1, ())
    assert result.used >= 120
    assert not result.is_down
    assert result.bins[-1] == result.after == 1.0


@pytest.mark.root
def test_honest_clients_are_watched() -> None:
    """They get answers, and nobody is named."""
    names = ["page", "sse-together", "tcp-check", "chat", "grpc-unary", "imap", "player-small"]
    found = honest_run.run(names, Setting(slots=1024, with_bans=False, with_lines=True), _HONEST_S, None)

    assert [(one.kind, one.answers > 0, one.failures) for one in found.outcomes] == [
        (name, True, {}) for name in names
    ]


@pytest.mark.root
@pytest.mark.alone
@pytest.mark.needs("fail2ban")
def test_honest_clients_are_watched_beside_an_attack() -> None:
    """Who asks for pages is served again when the attacker is banned, and is not named himself."""
    setting = Setting(slots=128, with_lines=True)
    found = honest_run.run(["page"], setting, 20.0, ATTACKS["half"])

    assert [(one.kind, one.answers > 0, one.named_s, one.banned_s) for one in found.outcomes] == [
        ("page", True, None, None)
    ]
    assert found.banned == 1
    assert found.exhausted_s > 0


def test_who_had_answers_before_he_was_named() -> None:
    """What counts is the last minute before; connmon's line says why."""
    row = {"kind": "squid", "answers": 2, "failures": {}, "answered_s": [100, 130]}
    named = {0: Verdict(170.0, "10.120.1.10", "score=2 mute=9")}
    banned = {0: Verdict(170.5, "10.120.1.10", "ideolab-connmon")}

    assert honest_run.judge(row, named, banned, begin=100.0) == Outcome(
        "squid", 45, 2, {}, 70.0, 70.5, True, "score=2 mute=9"
    )
    late = {0: named[0]._replace(at=191.0)}
    found = honest_run.judge(row, late, {}, begin=100.0)
    assert (found.was_served, found.is_wrong(in_attack=True), found.is_wrong(in_attack=False)) == (
        False, False, True
    )  # fmt: skip
