"""The verb `ban`."""

from __future__ import annotations

import argparse
import sys

from ideolab_f2b import columns, config
from ideolab_f2b.bans.ban import ban, ban_as
from ideolab_f2b.bans.result import BANNED, text_of
from ideolab_f2b.commands.arguments import config_option, networks, times
from ideolab_f2b.notation import duration
from ideolab_f2b.preview import text
from ideolab_f2b.preview.host import look

#: seconds of a ban without --for: a mistake in it ends by itself
DEFAULT_S = 86400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.description = (
        "Ban addresses, networks and AS numbers now; fail2ban and the kernel both know when the ban ends. "
        "Refused are the addresses of ignoreip and /etc/ideolab/never-ban, this host's own addresses, its "
        "gateways and the peers of SSH sessions, and an AS above the cap. Exit 1 when some were refused or "
        "failed; the others are banned."
    )
    networks.add_arguments(parser)
    parser.add_argument(
        "--for", dest="time", type=times.ban_time, metavar="TIME",
        help="90m, 1h30m, 24h, 7d, 2w or permanent (default: 24h)",
    )  # fmt: skip
    parser.add_argument(
        "--preview", action="store_true",
        help="ban nobody: show what each ban would hit, and whether it would be made",
    )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true", help="ban an AS above the cap of addresses ([asn] of f2b.conf) too"
    )
    config_option.add_config_option(parser)
    parser.add_argument("--reason", default="", help="reason of the ban, for fail2ban's log")


def run(arguments: argparse.Namespace) -> int:
    """Ban the addresses; return 0 when all are banned, 1 when some were refused or failed."""
    _require_whole_time(arguments)
    if arguments.preview:
        return _preview(arguments)
    time = DEFAULT_S if arguments.time is None else arguments.time
    options = networks.options(arguments)
    results = networks.run_each(
        arguments,
        lambda asked: ban(asked, time, arguments.reason, options),
        lambda names: ban_as(names, time, arguments.reason, options, is_forced=arguments.force),
    )
    if arguments.time is None and not arguments.json and any(one.result == BANNED for one in results):
        print("banned for 24 hours, because --for was not given; --for permanent has no end", file=sys.stderr)
    return networks.exit_code(results)


def _preview(arguments: argparse.Namespace) -> int:
    """Print a preview of each word; return 0 when all would be banned, 1 when one would not."""
    settings, given = config.load(arguments.config), networks.read(arguments)
    host = look(settings.connmon.ports, settings.visitors.logs, networks.options(arguments))
    is_allowed = True
    for one in given:
        if one.network is None and one.number is None:
            if arguments.json:
                print(columns.format_json({"address": one.text, "error": one.reason}))
            print(f"ideolab-f2b ban: {one.text}: {one.reason}", file=sys.stderr)
            is_allowed = False
            continue
        if one.network is None:
            found = host.preview_as(one.number or 0)
        else:
            found = host.preview_network(text_of(one.network), one.network)
        print(columns.format_json(found.fields()) if arguments.json else "\n".join(text.lines(found)))
        is_allowed = is_allowed and found.is_allowed
    return 0 if is_allowed else 1


def _require_whole_time(arguments: argparse.Namespace) -> None:
    # `--for 1 day` would be a ban of one second
    for word in filter(duration.is_unit, arguments.addresses):
        arguments.fail(f"{word} is no address: a time is one word, as 1h30m, or in quotes: '1 {word}'")
