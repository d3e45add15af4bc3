"""The verb `unban`."""

from __future__ import annotations

import argparse
import sys

from ideolab_f2b.bans import unban_all
from ideolab_f2b.bans.unban import unban, unban_as
from ideolab_f2b.commands.arguments import networks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.description = (
        "Lift each ban of an address, or of a network and of all that lies in it, whichever jail it is in. A "
        "wider network or an AS that holds the address is not lifted: it is named, and the exit code is 1."
    )
    networks.add_arguments(parser, "*")
    parser.add_argument(
        "--all", action="store_true", help="lift every ban of the pack's jails; those of other jails stay"
    )
    parser.add_argument("--yes", action="store_true", help="with --all: do not ask on a terminal")


def run(arguments: argparse.Namespace) -> int:
    """Unban the addresses; return 0 when none of them is banned any more, 1 when some still are."""
    if arguments.all == bool(arguments.addresses):
        arguments.fail(
            "addresses or --all are needed, not both" if arguments.all else "name addresses, or --all"
        )
    if arguments.all:
        return _unban_all(arguments)
    options = networks.options(arguments)
    results = networks.run_each(
        arguments, lambda asked: unban(asked, options), lambda names: unban_as(names, options)
    )
    return networks.exit_code(results)


def _unban_all(arguments: argparse.Namespace) -> int:
    options = networks.options(arguments)
    bans = unban_all.find(options)
    if not arguments.yes and sys.stdin.isatty() and not _confirm(bans):
        print("ideolab-f2b unban: nothing was lifted", file=sys.stderr)
        return 1
    lifted = unban_all.unban_all(bans, options)
    for one in lifted:
        print(one.to_json() if arguments.json else one)
    if not lifted and not arguments.json:
        print("not-banned nothing was banned")
    return 1 if any(one.error for one in lifted) else 0


def _confirm(bans: dict[str, list[str]]) -> bool:
    count = sum(map(len, bans.values()))
    print(f"Lift all {count} bans of {', '.join(bans)}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
