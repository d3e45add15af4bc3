"""The verb `geo show`: the list, or the country of addresses and what the list says of them."""

from __future__ import annotations

import argparse
import sys
import time
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Union

from ideolab_f2b import columns
from ideolab_f2b.commands.arguments import addresses
from ideolab_f2b.commands.geo.build import add_place_option
from ideolab_f2b.geo import country_list, country_table, text
from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.geo.country_table import CountryTable
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.notation.country import describe

_HEAD = ("address", "country", "list", "name")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = (
        "Show the country list, or of which country an address is and whether the list refuses it."
        " Exempt addresses get in all the same."
    )
    parser.add_argument(
        "addresses", nargs="*", metavar="ADDRESS", help="such as 198.51.100.7; - reads standard input"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, or one for each address")
    add_place_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the list or the addresses; return 1 where a word is no address. ValueError: there is no list."""
    one = country_list.load(arguments.place / country_list.DEFAULT_PATH.name)
    if arguments.addresses:
        table = country_table.load(arguments.place / country_table.DEFAULT_PATH.name)
        return _show_addresses(arguments, one, table)
    if arguments.json:
        print(columns.format_json(text.to_fields(one)))
        return 0
    for line in columns.align(list(text.describe_list(one, time.time()))):
        print(line)
    return 0


def _show_addresses(arguments: argparse.Namespace, one: CountryList, table: CountryTable) -> int:
    given = addresses.read_all(arguments.addresses)
    rows = [_row(word.network, one, table) for word in given if word.network is not None]
    wrong = [word for word in given if word.network is None]
    if not rows:
        arguments.fail("; ".join(f"{one.text}: {one.reason}" for one in wrong[:5]) or "no address was given")
    if arguments.json:
        for row in rows:
            print(columns.format_json(row))
    elif rows:
        cells = [(row["address"], row["country"] or "-", _verdict(row), row["name"] or "-") for row in rows]
        for line in columns.align([_HEAD, *cells]):
            print(line)
    for word in wrong:
        if arguments.json:
            print(columns.format_json({"address": word.text, "error": word.reason}))
        print(f"ideolab-f2b geo show: {word.text}: {word.reason}", file=sys.stderr)
    return 1 if wrong else 0


def _row(network: Network, one: CountryList, table: CountryTable) -> dict[str, Any]:
    address: Union[IPv4Address, IPv6Address] = network.network_address
    code = table.country_of(address)
    return {
        # of a network, the first address is shown
        "address": str(address),
        "country": code or None,
        "name": describe(code) or None,
        "refused": one.is_refused(address),
    }


def _verdict(row: dict[str, Any]) -> str:
    return "refused" if row["refused"] else "let in"
