"""The arguments and the output that the verbs `ban` and `unban` share."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Callable

from ideolab_f2b.bans.result import REFUSED, BanResult
from ideolab_f2b.commands.arguments import addresses
from ideolab_f2b.commands.arguments.addresses import GivenAddress
from ideolab_f2b.kernel.ipset.element import Network


def add_arguments(parser: argparse.ArgumentParser, nargs: str = "+") -> None:
    """Add the addresses, --json and --socket."""
    parser.add_argument(
        "addresses", nargs=nargs, metavar="ADDRESS|NETWORK|AS",
        help="such as 198.51.100.7, 198.51.100.0/24, 2001:db8::/64 or AS64500; - reads them from standard "
        "input",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object for each address")
    parser.add_argument("--socket", metavar="PATH", help="socket of a fail2ban-server other than this host's")
    parser.set_defaults(fail=parser.error)


def options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options that make fail2ban-client ask the server of --socket."""
    return ("-s", arguments.socket) if arguments.socket else ()


def run_each(
    arguments: argparse.Namespace,
    change: Callable[[list[Network]], Iterable[BanResult]],
    change_as: Callable[[list[str]], Iterable[BanResult]],
) -> list[BanResult]:
    """Change what is an address or an AS, print one line for each word in its order, return all results.

    A word that is neither is refused and stops no other; when there is none else, that is a usage error.
    """
    given = read(arguments)
    networks = [one.network for one in given if one.network is not None]
    names = [one.text for one in given if one.number is not None]
    changed, changed_as = iter(change(networks) if networks else ()), iter(change_as(names) if names else ())
    results = []
    for one in given:
        if one.number is not None:
            result = next(changed_as)
        else:
            result = BanResult(one.text, REFUSED, None, one.reason) if one.network is None else next(changed)
        print(result.to_json() if arguments.json else result, flush=True)
        results.append(result)
    return results


def read(arguments: argparse.Namespace) -> list[GivenAddress]:
    """Return what the words mean; a usage error when none of them is an address or an AS."""
    given = addresses.read_all(arguments.addresses, with_as=True)
    if all(one.network is None and one.number is None for one in given):
        reasons = "; ".join(f"{one.text}: {one.reason}" for one in given[:5])
        arguments.fail(reasons or "no address was given")
    return given


def exit_code(results: Iterable[BanResult]) -> int:
    """Return 0 when all are done, 1 when some were refused or failed."""
    return 0 if all(result.is_done for result in results) else 1
