"""The verb `geo build`: the list, or what it says of addresses."""

from __future__ import annotations

import argparse
from pathlib import Path

from ideolab_f2b.geo import country_list


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = "Make the country list."
    parser.add_argument(
        "--list",
        type=Path,
        default=country_list.DEFAULT_PATH,
        metavar="FILE",
        help="the saved list (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the list's head; return 0. CountryListError where there is none."""
    print(country_list.load(arguments.list))
    return 0
