"""The verb `geo confirm`."""

from __future__ import annotations

import argparse

from ideolab_f2b.commands.geo import kernel_verb
from ideolab_f2b.geo.rule.in_force import CountryFirewall


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = (
        "Keep the country list in force that `geo apply --confirm` is trying out, also after a boot. When the"
        " time of the trial is over, there is nothing to confirm: the kernel has gone back."
    )
    kernel_verb.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Confirm the trial; return 0. ValueError where there is none."""
    return kernel_verb.run(arguments, CountryFirewall.confirm, lambda text: f"confirmed: {text}")
