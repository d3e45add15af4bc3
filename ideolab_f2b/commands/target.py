"""What a person types: addresses, networks and times -> values; the arguments that both verbs have."""

from __future__ import annotations

import argparse
import re
from ipaddress import ip_network
from typing import Union

from ideolab_f2b.kernel.ipset.element import Network

PERMANENT = "permanent"
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TIME = re.compile(r"([1-9][0-9]{0,9})([smhdw]?)", re.ASCII)
_AS = re.compile(r"AS[0-9]+", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("networks", nargs="+", type=network, metavar="ADDRESS|NETWORK")
    parser.add_argument("--json", action="store_true", help="one JSON object for each address")
    parser.add_argument("--socket", metavar="PATH", help="of another fail2ban-server than this host's")


def network(text: str) -> Network:
    """Strict: no name, no zone, no host bits (a network is meant as it is written)."""
    if _AS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text}: AS numbers cannot be banned yet; name its networks")
    if "%" in text:
        raise argparse.ArgumentTypeError(f"{text}: an address without its interface is needed")
    try:
        return ip_network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def duration(text: str) -> Union[int, str]:
    """Seconds, or "permanent"."""
    found = _TIME.fullmatch(text)
    if found:
        return int(found[1]) * _UNITS[found[2]]
    if text != PERMANENT:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: 90m, 24h, 7d or permanent are")
    return text


def options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """What makes fail2ban-client ask that server."""
    return ("-s", arguments.socket) if arguments.socket else ()


def short(network: Network) -> str:
    """As fail2ban writes it: without a prefix when it is one address."""
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)
