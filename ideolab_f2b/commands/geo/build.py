"""The verb `geo build`: the source's files become the saved list; an old list stays where that fails."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ideolab_f2b import columns, config
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.geo import build, last_failure, text
from ideolab_f2b.geo.country_list import DEFAULT_PATH
from ideolab_f2b.geo.last_failure import BuildFailure
from ideolab_f2b.geo.sources.kind import KINDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = (
        "Make the country list from the files that [geo] of f2b.conf names. Nothing changes in the kernel:"
        " `geo apply` does that. A list that looks wrong is not saved, and the present one stays."
    )
    parser.add_argument(
        "--source",
        choices=KINDS,
        default="",
        metavar="KIND",
        help=f"refuse files of another kind: {', '.join(KINDS)} (default: what they are)",
    )
    parser.add_argument(
        "--file",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="PATH",
        help="files or directories of the source, instead of those of f2b.conf",
    )
    parser.add_argument("--force", action="store_true", help="save also a list that looks wrong")
    add_place_option(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config_option(parser)


def add_place_option(parser: argparse.ArgumentParser) -> None:
    """Add --place DIRECTORY, where list and table are."""
    parser.add_argument(
        "--place",
        type=Path,
        default=DEFAULT_PATH.parent,
        metavar="DIRECTORY",
        help="where the list is saved (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Build and save; return 0. ValueError or OSError say why not, and what stays in force."""
    settings, now = config.load(arguments.config).geo, time.time()
    try:
        built = build.build(settings, arguments.file, arguments.source, now)
        build.replace(built, arguments.place, is_forced=arguments.force)
        last_failure.clear(arguments.place)
    except (OSError, ValueError) as error:
        last_failure.record(arguments.place, BuildFailure(now, str(error)))
        raise ValueError(f"{error}{_name_present(arguments.place)}") from error
    if arguments.json:
        print(columns.format_json(text.to_build_fields(built)))
        return 0
    for line in columns.align(list(text.describe_build(built, now))):
        print(line)
    print(f"saved to {arguments.place}; next: sudo ideolab-f2b geo apply --confirm 60s")
    return 0


def _name_present(place: Path) -> str:
    present = build.load_present(place)
    if present is None:
        return ""
    built = time.strftime("%Y-%m-%d", time.gmtime(present.built))
    return f"; the list that was built on {built} stays in force"
