"""The verb `unban`."""

from __future__ import annotations

import argparse

from ideolab_f2b.bans.unban import unban
from ideolab_f2b.commands import networks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.description = (
        "Lift each ban of an address, or of a network and of all that lies in it, whichever jail it is in. A "
        "wider network that holds the address is not lifted: it is named, and the exit code is 1."
    )
    networks.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Unban the addresses; return 0 when none of them is banned any more, 1 when some still are."""
    asked = list(dict.fromkeys(arguments.networks))
    results = unban(asked, networks.options(arguments))
    return networks.print_results(results, is_json=arguments.json)
