"""The command of the bench: `python -m tests.bench.redteam attack|sweep|honest|list …`, as root."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import NoReturn, Optional

from tests.bench.redteam import attack_run, honest_run
from tests.bench.redteam.attack_run import Times
from tests.bench.redteam.attackers.attack import ATTACKS, Attack
from tests.bench.redteam.honest.kinds import KINDS, REVIEWED
from tests.bench.redteam.result import Result, sweep_row, sweep_table, table
from tests.bench.redteam.server.nginx import STOCK, VARIANTS
from tests.bench.redteam.server.site import Setting

#: worker_connections: of the server that is attacked, of one with room for all honest kinds, and of one
#: that a single address can fill beside them
_ATTACKED_SLOTS = 512
_CALM_SLOTS = 8192
_SHARED_SLOTS = 2048
#: what a sweep tries: an attacker needs more than the last where none is enough
STEPS = (1, 3, 11, 30, 59)


def main(words: Optional[Sequence[str]] = None) -> int:
    """Run the command line; 0: as promised, 1: not, 2: usage."""
    arguments = _parser().parse_args(words)
    # what was made is taken away also then
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _end)
    verdict: int = arguments.run(arguments)
    return verdict


def _end(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.redteam", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    attack = verbs.add_parser("attack", help="run attacks one after the other, each on a fresh server")
    attack.set_defaults(run=_attack)
    sweep = verbs.add_parser("sweep", help="find the fewest addresses that keep nginx down for over 20 s")
    sweep.set_defaults(run=_sweep)
    for one in (attack, sweep):
        one.add_argument("names", nargs="*", metavar="ATTACK", help=f"of {', '.join(ATTACKS)}; none: all")
        _add_setting(one)
        one.add_argument("--seconds", type=float, default=Times().attack, help="how long an attack lasts")
        _add_numbers(one)
    attack.add_argument("--addresses", type=int, help="spread each attack over so many")
    sweep.add_argument("--steps", type=int, nargs="+", default=STEPS, metavar="N")
    honest = verbs.add_parser("honest", help="let honest clients live side by side")
    honest.set_defaults(run=_honest)
    honest.add_argument(
        "names", nargs="*", metavar="KIND", help=f"reviewed, or of {', '.join(KINDS)}; none: all"
    )
    _add_setting(honest)
    honest.add_argument("--seconds", type=float, default=300.0)
    honest.add_argument("--attack", choices=ATTACKS, help="an attack beside them, after the first 30 s")
    honest.add_argument("--addresses", type=int, default=1, help="of that attack")
    verbs.add_parser("list", help="name attacks and honest kinds").set_defaults(run=_list)
    return parser


def _add_setting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--nginx", choices=VARIANTS, default=STOCK)
    parser.add_argument("--slots", type=int, help="worker_connections of the one worker")
    parser.add_argument("--no-ban", action="store_true", help="connmon alone: nobody is banned")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of connmon in f2b.conf"
    )


def _add_numbers(parser: argparse.ArgumentParser) -> None:
    """Let each number of an attack be given."""
    for field in fields(Attack):
        if field.name not in ("kind", "addresses", "order"):
            kind = float if field.name.endswith("_s") or field.name == "jitter" else int
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, help=argparse.SUPPRESS)


def _setting(arguments: argparse.Namespace, slots: int = _ATTACKED_SLOTS) -> Setting:
    return Setting(
        arguments.nginx, arguments.slots or slots, not arguments.no_ban, connmon="\n".join(arguments.set)
    )  # fmt: skip


def _find_attacks(arguments: argparse.Namespace) -> list[tuple[str, Attack]]:
    unknown = set(arguments.names) - set(ATTACKS)
    if unknown:
        sys.exit(f"no attack is called {', '.join(sorted(unknown))}; of {', '.join(ATTACKS)}")
    given = {field.name: getattr(arguments, field.name, None) for field in fields(Attack)}
    numbers = {name: value for name, value in given.items() if value is not None}
    return [(name, replace(ATTACKS[name], **numbers)) for name in arguments.names or ATTACKS]


def _attack(arguments: argparse.Namespace) -> int:
    results = [_run(name, attack, arguments) for name, attack in _find_attacks(arguments)]
    print(table(results))
    return int(any(one.is_down for one in results))


def _run(name: str, attack: Attack, arguments: argparse.Namespace) -> Result:
    result = attack_run.run(name, attack, _setting(arguments), Times(attack=arguments.seconds))
    print(result.to_json(), flush=True)
    return result


def _sweep(arguments: argparse.Namespace) -> int:
    """Print the fewest addresses that each attack needs."""
    rows, is_good = [], True
    for name, attack in _find_attacks(arguments):
        tried: list[Result] = []
        for count in arguments.steps:
            tried.append(_run(name, replace(attack, addresses=count), arguments))
            if tried[-1].is_down:
                is_good = False
                break
        rows.append(sweep_row(name, attack.text, tried))
    print(sweep_table(rows))
    return int(not is_good)


def _honest(arguments: argparse.Namespace) -> int:
    """Print whom connmon named; 1 when there was somebody."""
    names = arguments.names or list(KINDS)
    if "reviewed" in names:
        names = list(REVIEWED)
    unknown = set(names) - set(KINDS)
    if unknown:
        sys.exit(f"no kind is called {', '.join(sorted(unknown))}; of {', '.join(KINDS)}")
    attack = replace(ATTACKS[arguments.attack], addresses=arguments.addresses) if arguments.attack else None
    setting = replace(_setting(arguments, _SHARED_SLOTS if attack else _CALM_SLOTS), with_lines=True)
    found = honest_run.run(names, setting, arguments.seconds, attack)
    outcomes = found.outcomes
    for one in outcomes:
        print(one.to_json(), flush=True)
    print(found.text())
    wrong = [one.kind for one in outcomes if one.is_wrong(in_attack=attack is not None)]
    print(f"wrongly named: {len(wrong)} of {len(outcomes)}: {', '.join(wrong) or 'nobody'}")
    return int(bool(wrong))


def _list(_arguments: argparse.Namespace) -> int:
    for name, attack in ATTACKS.items():
        print("attack", name, attack.text)
    for name, kind in KINDS.items():
        print("honest", name, kind.clients, "clients")
    return 0


if __name__ == "__main__":
    sys.exit(main())
