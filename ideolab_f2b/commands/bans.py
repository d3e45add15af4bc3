"""The verb `bans`."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b import config
from ideolab_f2b.bans import comparison, text
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.commands.arguments import times
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.config import Settings
from ideolab_f2b.origin.lookup import Lookup
from ideolab_f2b.origin.origin import Origin
from ideolab_f2b.places import restart

_CLEAR = "\x1b[H\x1b[2J"
#: seconds between two lists of --watch
WATCH_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = (
        "List what fail2ban holds and what the kernel holds; ! marks where they differ. "
        "Exit 1 when fail2ban cannot be asked."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    parser.add_argument("--jail", metavar="JAIL", help="list this jail only")
    parser.add_argument(
        "--watch",
        nargs="?",
        type=times.seconds,
        const=WATCH_S,
        metavar="SECONDS",
        help=f"show the list again every SECONDS ({WATCH_S:g}) until Ctrl-C",
    )
    add_config_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the bans; return 0 when fail2ban and the kernel answered, 1 when one of them did not."""
    settings = config.load(arguments.config)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            code = _show(arguments, settings)
            if arguments.watch is None:
                return code
            time.sleep(arguments.watch)
    return 0


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    seen = comparison.make(arguments.jail)
    lines = _lines(
        arguments, seen, find_origins(settings, {one.address for one in seen.rows if not one.prefixes})
    )
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    if seen.trouble:
        way_out = f"is down: {seen.trouble}; {restart('fail2ban')}"
        print(f"ideolab-f2b bans: fail2ban {way_out}", file=sys.stderr)
        return 1
    return 0


def _lines(arguments: argparse.Namespace, seen: BanComparison, origins: dict[str, Origin]) -> Iterator[str]:
    if arguments.json:
        return iter([text.to_json(seen, origins)])
    lines = text.table(seen, origins)
    return _fit_screen(list(lines)) if arguments.watch is not None and sys.stdout.isatty() else lines


def _fit_screen(lines: list[str]) -> Iterator[str]:
    """Put a code that clears the screen before the lines; leave out lines so that the last one is seen."""
    height = shutil.get_terminal_size().lines - 2
    left_out = len(lines) - height
    if left_out > 0:
        lines = [*lines[: height - 2], f"  ({left_out + 1} more)", lines[-1]]
    yield f"{_CLEAR}{lines[0]}"
    yield from lines[1:]


def find_origins(settings: Settings, addresses: Collection[str]) -> dict[str, Origin]:
    """Return the origins that are known already; a list of bans asks no server."""
    if not addresses or not _is_there(settings):
        return {}
    lookup = Lookup(settings.origin, settings.paths.origin_cache)
    try:
        return lookup.resolve_locally(addresses)
    finally:
        lookup.close()


def _is_there(settings: Settings) -> bool:
    """Return whether there is a cache or a local file; a list of bans must not create an empty cache."""
    places: list[Optional[Path]] = [settings.paths.origin_cache, *settings.origin.mmdb]
    return any(place is not None and place.exists() for place in places)
