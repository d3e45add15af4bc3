"""The verb `status`: the pack in a few lines, or all that holds for an address."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Callable, Optional, TypeVar

from ideolab_f2b import columns, config, fail2ban_client, metrics
from ideolab_f2b.actions.protected.refusal import NEVER, Index, Listed, listing, refusal
from ideolab_f2b.bans import comparison, last_events
from ideolab_f2b.bans.address_status import UNKNOWN, AddressStatus
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.bans.holders import Holders
from ideolab_f2b.bans.jail_bans import AS
from ideolab_f2b.bans.overview import Overview, read_connmon
from ideolab_f2b.bans.result import BANNED, text_of
from ideolab_f2b.check import protected
from ideolab_f2b.check.services import STALE_S
from ideolab_f2b.commands.arguments import addresses
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.commands.bans import find_origins
from ideolab_f2b.config import Settings
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.notation import as_number
from ideolab_f2b.places import ACTION, ALL_JAILS, MANUAL

Found = TypeVar("Found")
#: the exit code when at least one of the addresses is not banned
NOT_BANNED_CODE = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.description = (
        "Without an address: which jails run, how many bans there are, how full the server is, what was "
        "banned last, what is wrong; exit 1 when something is. With addresses: whether each is banned, by "
        "itself or in a network, where, since and until when, why, and what lifts it; exit 0 when all are "
        "banned, 3 when one is not, 1 when that cannot be known."
    )
    parser.add_argument(
        "addresses", nargs="*", metavar="ADDRESS",
        help="an address, a network or an AS; - reads them from standard input",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object for each address")
    add_config_option(parser)
    parser.set_defaults(fail=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Print the overview, or what holds for each address; return the exit code."""
    settings = config.load(arguments.config)
    if not arguments.addresses:
        return _show_overview(settings, as_json=arguments.json)
    given = addresses.read_all(arguments.addresses, with_as=True)
    networks = [one.network for one in given if one.network is not None]
    numbers = [one.number for one in given if one.number is not None]
    wrong = [one for one in given if one.network is None and one.number is None]
    if not networks and not numbers:
        arguments.fail("; ".join(f"{one.text}: {one.reason}" for one in wrong[:5]) or "no address was given")
    found = find(networks, settings, numbers)
    for one in found:
        text = columns.format_json(one.fields(), one.when) if arguments.json else "\n".join(one.lines())
        print(text)
    for each in wrong:
        if arguments.json:
            print(columns.format_json({"address": each.text, "error": each.reason}))
        print(f"ideolab-f2b status: {each.text}: {each.reason}", file=sys.stderr)
    return 1 if wrong else exit_code(found)


def exit_code(found: Iterable[AddressStatus]) -> int:
    """Return 0 when all are banned, 3 when one is not, 1 when it is not known of one."""
    states = {one.state for one in found}
    if UNKNOWN in states:
        return 1
    return 0 if states <= {BANNED} else NOT_BANNED_CODE


def _show_overview(settings: Settings, *, as_json: bool) -> int:
    seen, connmon = comparison.make(), settings.connmon
    overview = Overview(
        seen,
        read_connmon(metrics.read(settings.paths.connmon_prom)),
        _read_events(last_events.find_last_ban, settings),
        max(STALE_S, 4 * connmon.every_s),
        connmon.observe,
    )
    for text in [columns.format_json(overview.fields(), seen.when)] if as_json else overview.lines():
        print(text)
    return 1 if overview.wrong() else 0


def find(networks: list[Network], settings: Settings, numbers: Iterable[int] = ()) -> list[AddressStatus]:
    """Return what fail2ban, the kernel, the log of events and the cache of origins know of each network.

    Those of AS numbers come last.
    """
    seen = comparison.make()
    spared = _find_protection(seen)
    holders = Holders(seen.rows, seen.when)
    held = {one: holders.find_holders(one) for one in networks}
    banned = {one: [row for row in seen.rows if row.key == (AS, one, 0)] for one in numbers}
    keys = {(row.address, row.jail or "") for rows in (*held.values(), *banned.values()) for row in rows}
    events = _read_events(lambda path: last_events.find_bans(path, keys), settings) or {}
    origins = find_origins(settings, {text_of(one) for one in networks})
    found = [
        AddressStatus(
            text_of(one),
            seen.when,
            tuple(held[one]),
            tuple(holders.find_inside(one) if one.prefixlen < one.max_prefixlen else ()),
            events,
            origins.get(text_of(one)),
            refusal(one, spared) or "",
            seen.trouble,
        )
        for one in networks
    ]
    return found + [
        AddressStatus(as_number.text(one), seen.when, tuple(rows), events=events, trouble=seen.trouble)
        for one, rows in banned.items()
    ]


def _read_events(read: Callable[[Path], Optional[Found]], settings: Settings) -> Optional[Found]:
    """Read the log of events; where that cannot be, say so, and show the rest."""
    try:
        return read(settings.paths.events)
    except OSError as error:
        print(f"ideolab-f2b status: the log of events is not read: {error}", file=sys.stderr)
        return None


def _find_protection(seen: BanComparison) -> Index:
    """Return whom a jail of the pack spares, as it tells itself: that of bans by hand, or another one."""
    running = [jail.name for jail in seen.jails if jail.name in ALL_JAILS]
    for jail in sorted(running, key=lambda name: name != MANUAL):
        answer = protected.read(fail2ban_client.read_protection(jail, ACTION))
        if answer is not None:
            return Index([*NEVER, *_listings(answer.listed)])
    return Index(NEVER)


def _listings(listed: Iterable[tuple[str, str]]) -> Iterable[Listed]:
    for text, what in listed:
        try:
            yield listing(ip_network(text, strict=False), what)
        except ValueError:
            # what is no network protects nothing that can be compared
            continue
