"""The verb `check`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from ideolab_f2b.check import drift
from ideolab_f2b.check.checks import check_all
from ideolab_f2b.check.verdict import OK, Verdict, exit_code, summary
from ideolab_f2b.commands.arguments.config_option import add_config_option


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = (
        "Say what does not work and how to mend it, and how much does; exit 1 when something is wrong."
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="print what is ok, too")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each check")
    parser.add_argument(
        "--repair", action="store_true", help="first put back what the kernel lacks of fail2ban's bans"
    )
    add_config_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the verdicts; return 1 when something is wrong, 0 when all is ok or unknown."""
    verdicts = []
    for verdict in _verdicts(arguments):
        verdicts.append(verdict)
        if arguments.json:
            print(verdict.to_json(time.time()), flush=True)
        elif arguments.verbose or verdict.state != OK or verdict.check == "repair":
            print(verdict, flush=True)
    if not arguments.json:
        print(summary(verdicts))
    return exit_code(verdicts)


def _verdicts(arguments: argparse.Namespace) -> Iterator[Verdict]:
    if arguments.repair:
        yield drift.repair()
    yield from check_all(arguments.config)
