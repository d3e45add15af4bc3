"""What the verbs that change the rule in the kernel have in common: options, output, errors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Optional

from ideolab_f2b import columns, config
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.config import ConfigError, Settings
from ideolab_f2b.geo.rule import metrics, restore, timer
from ideolab_f2b.geo.rule.in_force import CountryFirewall, Outcome
from ideolab_f2b.geo.rule.state import StateFiles


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
    needs_settings: bool = False,
) -> int:
    """Do it, print what was done and what of the exemptions is not known; return 0.

    `needs_timer` switches the timer on that puts the list back, or off. A verb that needs no settings does
    its work with broken ones too: who is locked out has to be able to take the list away.
    """
    settings, complaints = _read_settings(arguments.config, needs_settings)
    try:
        firewall = CountryFirewall(settings)
        done = act(firewall)
        troubles = [*complaints, *done.troubles, *_export(firewall, settings, needs_timer)]
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


def _read_settings(path: Path, needs_settings: bool) -> tuple[Settings, list[str]]:
    """Return the settings, and what is wrong with them. ConfigError where the verb needs them."""
    try:
        return config.load(path), []
    except ConfigError as error:
        if needs_settings:
            raise
        return restore.read_settings(path, StateFiles()), [str(error)]


def _export(firewall: CountryFirewall, settings: Settings, needs_timer: Optional[bool]) -> list[str]:
    if needs_timer is False:
        metrics.withdraw(settings)
        return []
    return metrics.export(firewall, settings)
