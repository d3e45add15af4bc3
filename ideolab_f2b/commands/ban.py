"""The verb `ban`."""

from __future__ import annotations

import argparse
import sys

from ideolab_f2b.bans.ban import ban
from ideolab_f2b.bans.result import BANNED
from ideolab_f2b.commands.arguments import networks, times
from ideolab_f2b.notation import duration

#: seconds of a ban without --for: a mistake in it ends by itself
DEFAULT_S = 86400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.description = (
        "Ban addresses and networks now; fail2ban and the kernel both know when the ban ends. Refused are "
        "the addresses of ignoreip and /etc/ideolab/never-ban, this host's own addresses, its gateways and "
        "the peers of SSH sessions. Exit 1 when some were refused or failed; the others are banned."
    )
    networks.add_arguments(parser)
    parser.add_argument(
        "--for", dest="time", type=times.ban_time, metavar="TIME",
        help="90m, 1h30m, 24h, 7d, 2w or permanent (default: 24h)",
    )  # fmt: skip
    parser.add_argument("--reason", default="", help="reason of the ban, for fail2ban's log")


def run(arguments: argparse.Namespace) -> int:
    """Ban the addresses; return 0 when all are banned, 1 when some were refused or failed."""
    _require_whole_time(arguments)
    time = DEFAULT_S if arguments.time is None else arguments.time
    results = networks.run_each(
        arguments, lambda asked: ban(asked, time, arguments.reason, networks.options(arguments))
    )
    if arguments.time is None and not arguments.json and any(one.result == BANNED for one in results):
        print("banned for 24 hours, because --for was not given; --for permanent has no end", file=sys.stderr)
    return networks.exit_code(results)


def _require_whole_time(arguments: argparse.Namespace) -> None:
    # `--for 1 day` would be a ban of one second
    for word in filter(duration.is_unit, arguments.addresses):
        arguments.fail(f"{word} is no address: a time is one word, as 1h30m, or in quotes: '1 {word}'")
