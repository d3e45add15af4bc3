"""The arguments and the output that the verbs `ban` and `unban` share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from ipaddress import ip_network
from typing import Union

from ideolab_f2b.bans.result import BanResult
from ideolab_f2b.kernel.ipset.element import Network

PERMANENT = "permanent"
#: seconds of each unit
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TIME = re.compile(r"([1-9][0-9]{0,9})([smhdw]?)", re.ASCII)
_AS = re.compile(r"AS[0-9]+", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the addresses, --json and --socket."""
    parser.add_argument(
        "networks", nargs="+", type=network, metavar="ADDRESS|NETWORK",
        help="such as 198.51.100.7, 198.51.100.0/24 or 2001:db8::/64",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object for each address")
    parser.add_argument("--socket", metavar="PATH", help="socket of a fail2ban-server other than this host's")


def network(text: str) -> Network:
    """Read an address or network; names, zones and host bits are refused, so that nothing is guessed."""
    if _AS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text}: an AS number cannot be banned yet; give its networks")
    if "%" in text:
        raise argparse.ArgumentTypeError(f"{text}: write the address without its interface")
    try:
        return ip_network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def duration(text: str) -> Union[int, str]:
    """Read a time: seconds, or "permanent"."""
    found = _TIME.fullmatch(text)
    if found:
        return int(found[1]) * _UNITS[found[2]]
    if text != PERMANENT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write 90m, 24h, 7d or permanent")
    return text


def options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options that make fail2ban-client ask the server of --socket."""
    return ("-s", arguments.socket) if arguments.socket else ()


def print_results(results: Iterable[BanResult], *, is_json: bool) -> int:
    """Print one line for each result; return 0 when all are done, 1 when some were refused or failed."""
    code = 0
    for result in results:
        print(result.to_json() if is_json else result, flush=True)
        code = code if result.is_done else 1
    return code
