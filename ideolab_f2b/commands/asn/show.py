"""The verb `asn show`: the networks of ASes, or what the table is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from ideolab_f2b import columns
from ideolab_f2b.asn.build import format_day
from ideolab_f2b.asn.table import AsnTable
from ideolab_f2b.notation import as_number, prefix_counts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = "Show the networks that ASes announce. Without a number: of which data the table is."
    parser.add_argument("numbers", nargs="*", metavar="AS64500", help="numbers of ASes")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each AS")


def run(arguments: argparse.Namespace) -> int:
    """Print what the table has; return 1 where an AS announces nothing by it. ValueError for no number."""
    numbers = [as_number.parse(word) for word in dict.fromkeys(arguments.numbers)]
    with AsnTable(arguments.table) as table:
        if not numbers:
            print(columns.format_json(_to_facts(table)) if arguments.json else _describe(table))
            return 0
        for number in numbers:
            for line in [_to_json(table, number)] if arguments.json else _list(table, number):
                print(line)
        unknown = [as_number.text(number) for number in numbers if not table.prefixes(number)]
        if unknown:
            day = format_day(table.dated)
            print(
                f"ideolab-f2b asn: no networks of {', '.join(unknown)} in the data of {day}", file=sys.stderr
            )
    return 1 if unknown else 0


def _describe(table: AsnTable) -> str:
    return columns.printable(
        f"{as_number.count(table.systems)}, {table.ranges} networks; data of {format_day(table.dated)},"
        f" built {format_day(table.built)} from {table.source}"
    )


def _to_facts(table: AsnTable) -> dict[str, object]:
    return {
        "source": table.source,
        "dated": round(table.dated),
        "built": round(table.built),
        "systems": table.systems,
        "ranges": table.ranges,
    }


def _list(table: AsnTable, number: int) -> Iterator[str]:
    """Yield a line about the AS and one for each network; nothing for an AS without any."""
    prefixes, (addresses, subnets) = table.prefixes(number), table.count_addresses(number)
    if prefixes:
        counts = prefix_counts.describe(len(prefixes), addresses, subnets)
        yield columns.printable(f"{as_number.text(number)} {table.name(number)}".rstrip() + f": {counts}")
        yield from map(str, prefixes)


def _to_json(table: AsnTable, number: int) -> str:
    addresses, subnets = table.count_addresses(number)
    return columns.format_json(
        {
            "asn": str(number),
            "asname": table.name(number) or None,
            "addresses": addresses,
            "subnets": subnets,
            "prefixes": list(map(str, table.prefixes(number))),
        }
    )
