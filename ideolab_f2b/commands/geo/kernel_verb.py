"""What the verbs that change the rule in the kernel have in common: options, output, errors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Optional

from ideolab_f2b import columns, config
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.config import Settings
from ideolab_f2b.geo.rule import metrics, timer
from ideolab_f2b.geo.rule.in_force import CountryFirewall, Outcome


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add --config and --json."""
    add_config_option(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(
    arguments: argparse.Namespace,
    act: Callable[[CountryFirewall], Outcome],
    tell: Callable[[str], str],
    *,
    needs_timer: Optional[bool] = None,
) -> int:
    """Do it, print what was done and what of the exemptions is not known; return 0.

    `needs_timer` switches the timer on that puts the list back, or off.
    """
    settings = config.load(arguments.config)
    try:
        firewall = CountryFirewall(settings)
        done = act(firewall)
        troubles = [*done.troubles, *_export(firewall, settings, needs_timer)]
    except RuntimeError as error:
        # iptables that fails, a list that cannot be put in force: the command line knows ValueError
        raise ValueError(str(error)) from error
    if needs_timer is not None:
        troubles += timer.switch(needs_timer)
    if arguments.json:
        print(columns.format_json({"done": done.text, "troubles": troubles}))
        return 0
    said = tell(done.text)
    if said:
        print(said)
    for trouble in troubles:
        print(f"ideolab-f2b geo: {trouble}", file=sys.stderr)
    return 0


def _export(firewall: CountryFirewall, settings: Settings, needs_timer: Optional[bool]) -> list[str]:
    if needs_timer is False:
        metrics.withdraw(settings)
        return []
    return metrics.export(firewall, settings)
