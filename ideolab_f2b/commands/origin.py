"""The verb `origin`: who has an address, as a table or as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Collection, Sequence

from ideolab_f2b import columns, config
from ideolab_f2b.commands.config_option import add_config_option
from ideolab_f2b.origin import query
from ideolab_f2b.origin.lookup import Lookup
from ideolab_f2b.origin.origin import Origin

_HEAD = ("address", "AS", "country", "prefix", "source", "name")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = "Show who has an address: AS, name, country, announced prefix."
    parser.add_argument(
        "addresses", nargs="+", type=_check_address, metavar="ADDRESS", help="an address or a network"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each address")
    add_config_option(parser)


def _check_address(text: str) -> str:
    if query.parse_address(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address and not a network")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Print the origins; return 0 even when an address is unknown. Stderr says what is missing or broken."""
    settings = config.load(arguments.config)
    lookup = Lookup(settings.origin, settings.paths.origin_cache)
    try:
        found = lookup.resolve(arguments.addresses)
    finally:
        lookup.close()
    for text in as_json(found.values()) if arguments.json else table(list(found.values())):
        print(text)
    for complaint in lookup.complaints():
        print(f"ideolab-f2b origin: {complaint}", file=sys.stderr)
    return 0


def as_json(origins: Collection[Origin]) -> list[str]:
    """Return one JSON object for each origin, null where nothing is known."""
    return [json.dumps(dataclasses.asdict(origin), separators=(",", ":")) for origin in origins]


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
        _printable(origin.asname or "-"),
    )


def _printable(text: str) -> str:
    # a terminal of another encoding gets escapes, not an exception
    encoding = sys.stdout.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)
