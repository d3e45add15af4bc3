"""The verb `origin`: who has an address, as a table or as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Collection, Sequence

from ideolab_f2b import columns, config
from ideolab_f2b.bans.result import text_of
from ideolab_f2b.commands.arguments import addresses
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.config import Settings
from ideolab_f2b.origin.lookup import Lookup
from ideolab_f2b.origin.origin import Origin

_HEAD = ("address", "AS", "country", "prefix", "source", "name")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = "Show who has an address: AS, name, country, announced prefix."
    parser.add_argument(
        "addresses",
        nargs="+",
        metavar="ADDRESS",
        help="such as 198.51.100.7; - reads them from standard input",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each address")
    add_config_option(parser)
    parser.set_defaults(fail=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Print the origins; return 0 also when one is unknown, 1 when a word was no address: stderr names it."""
    given = addresses.read_all(arguments.addresses)
    wrong = [one for one in given if one.network is None]
    texts = [text_of(one.network) for one in given if one.network is not None]
    if not texts:
        arguments.fail("; ".join(f"{one.text}: {one.reason}" for one in wrong[:5]) or "no address was given")
    found, complaints = _look_up(config.load(arguments.config), texts)
    for text in as_json(found) if arguments.json else table(found):
        print(text)
    for one in wrong:
        complaints.append(f"{one.text}: {one.reason}")
        if arguments.json:
            print(columns.format_json({"address": one.text, "error": one.reason}))
    for complaint in complaints:
        print(f"ideolab-f2b origin: {complaint}", file=sys.stderr)
    return 1 if wrong else 0


def _look_up(settings: Settings, texts: list[str]) -> tuple[list[Origin], list[str]]:
    lookup = Lookup(settings.origin, settings.paths.origin_cache)
    try:
        found = list(lookup.resolve(texts).values())
    finally:
        lookup.close()
    return found, [*lookup.complaints(), *filter(None, [lookup.describe_failures()])]


def as_json(origins: Collection[Origin]) -> list[str]:
    """Return one JSON object for each origin, null where nothing is known."""
    return [columns.format_json(dataclasses.asdict(origin)) for origin in origins]


def table(origins: Sequence[Origin]) -> list[str]:
    """Return the lines of a table; the name, of any length, is its last column."""
    return columns.align([_HEAD, *map(_row, origins)])


def _row(origin: Origin) -> tuple[str, ...]:
    number = f"AS{origin.asn}" if origin.asn else "-"
    return (
        origin.address,
        number,
        origin.country or "-",
        origin.prefix or "-",
        origin.source,
        columns.printable(origin.asname or "-"),
    )
