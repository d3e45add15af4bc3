"""The verb `ban`."""

from __future__ import annotations

import argparse

from ideolab_f2b.bans.ban import ban
from ideolab_f2b.commands import networks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.description = (
        "Ban addresses and networks now; fail2ban and the kernel both know when the ban ends. Refused are "
        "the addresses of ignoreip and /etc/ideolab/never-ban, this host's own addresses, its gateways and "
        "the peers of SSH sessions."
    )
    networks.add_arguments(parser)
    parser.add_argument(
        "--for", dest="time", type=networks.duration, default=networks.PERMANENT, metavar="TIME",
        help="90m, 24h, 7d, or permanent (the default)",
    )  # fmt: skip
    parser.add_argument("--reason", default="", help="reason of the ban, for fail2ban's log")


def run(arguments: argparse.Namespace) -> int:
    """Ban the addresses; return 0 when all are banned, 1 when some were refused or failed."""
    asked = list(dict.fromkeys(arguments.networks))
    results = ban(asked, arguments.time, arguments.reason, networks.options(arguments))
    return networks.print_results(results, is_json=arguments.json)
