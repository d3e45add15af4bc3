"""The verb `asn find`: which AS announces an address, by the table of this host."""

from __future__ import annotations

import argparse
import sys
from typing import Optional

from ideolab_f2b import columns
from ideolab_f2b.asn.table import AsnRow, AsnTable
from ideolab_f2b.bans.result import text_of
from ideolab_f2b.commands.arguments import addresses
from ideolab_f2b.notation import as_number

_HEAD = ("address", "AS", "prefix", "name")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = "Show which AS announces an address or all of a network. Nobody is asked."
    parser.add_argument(
        "addresses",
        nargs="+",
        metavar="ADDRESS",
        help="such as 198.51.100.7; - reads them from standard input",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each address")


def run(arguments: argparse.Namespace) -> int:
    """Print the ASes; return 0 also when one is unknown, 1 when a word was no address: stderr names it."""
    given = addresses.read_all(arguments.addresses)
    with AsnTable(arguments.table) as table:
        found = [(text_of(one.network), table.find(one.network)) for one in given if one.network is not None]
    wrong = [one for one in given if one.network is None]
    if not found:
        arguments.fail("; ".join(f"{one.text}: {one.reason}" for one in wrong[:5]) or "no address was given")
    lines = (
        [_to_json(*one) for one in found]
        if arguments.json
        else columns.align([_HEAD, *(_to_row(*one) for one in found)])
    )
    for line in lines:
        print(line)
    for one in wrong:
        if arguments.json:
            print(columns.format_json({"address": one.text, "error": one.reason}))
        print(f"ideolab-f2b asn: {one.text}: {one.reason}", file=sys.stderr)
    return 1 if wrong else 0


def _to_row(address: str, row: Optional[AsnRow]) -> tuple[str, ...]:
    if row is None:
        return address, "-", "-", "-"
    return address, as_number.text(row.number), str(row.prefix), columns.printable(row.name or "-")


def _to_json(address: str, row: Optional[AsnRow]) -> str:
    return columns.format_json(
        {
            "address": address,
            "asn": None if row is None else str(row.number),
            "asname": None if row is None else row.name or None,
            "prefix": None if row is None else str(row.prefix),
        }
    )
