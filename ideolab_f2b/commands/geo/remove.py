"""The verb `geo remove`."""

from __future__ import annotations

import argparse

from ideolab_f2b.commands.geo import kernel_verb
from ideolab_f2b.geo.rule.in_force import CountryFirewall


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = (
        "Take the country list with its rules and sets out of the kernel, and out of what comes back at a"
        " boot. The list that `geo build` has made stays, and so do the bans."
    )
    kernel_verb.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Take it away; return 0, also where nothing was there."""
    return kernel_verb.run(
        arguments,
        CountryFirewall.remove,
        lambda text: f"removed from {text}" if text else "nothing was in force",
        needs_timer=False,
    )
