"""The verb `unban`: out of every jail of fail2ban, and out of every kernel set of ours."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable
from ipaddress import ip_network

from ideolab_f2b import fail2ban_client
from ideolab_f2b.commands import target
from ideolab_f2b.commands.answer import ERROR, NOT_BANNED, UNBANNED, Answer, tell
from ideolab_f2b.commands.ban import BATCH
from ideolab_f2b.firewall.all_sets import AllSets
from ideolab_f2b.kernel.ipset.element import Network


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Lift each ban of an address, or of a network and of all that lies in it, whichever jail it is in. A "
        "wider network that holds the address is not lifted: it is named, and the exit code is 1."
    )
    target.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 none of them is banned any more, 1 some still are."""
    networks = list(dict.fromkeys(arguments.networks))
    return tell(unban(networks, target.options(arguments)), is_json=arguments.json)


def unban(networks: list[Network], options: tuple[str, ...] = ()) -> list[Answer]:
    with contextlib.closing(AllSets()) as sets:
        before = sets.find(networks)
        lifted = _lift(networks, options)
        inside = {each for one in networks for each in before[one] if each.network.prefixlen >= one.prefixlen}
        # what fail2ban has forgotten over a crash
        sets.delete(inside)
        after = sets.find(networks)
    answers = []
    for one in networks:
        where = lifted[one] or {each.set for each in before[one]}
        if after[one]:
            name, holder = after[one][0]
            detail = f"still dropped: {target.short(holder)} is banned ({name}); unban that"
            answers.append(Answer(target.short(one), ERROR, detail=detail))
        else:
            answers.append(
                Answer(target.short(one), UNBANNED if where else NOT_BANNED, None, ", ".join(sorted(where)))
            )
    return answers


def _lift(networks: Iterable[Network], options: tuple[str, ...]) -> dict[Network, set[str]]:
    """{network: the jails that had it, or a part of it}; fail2ban itself lifts the network or its parts."""
    lifted: dict[Network, set[str]] = {network: set() for network in networks}
    for jail in sorted(fail2ban_client.jails(options)):
        leaving = []
        for identity in fail2ban_client.banned(jail, options):
            holders = [one for one in lifted if _lies_in(identity, one)]
            for one in holders:
                lifted[one].add(jail)
            leaving += [identity] if holders else []
        for start in range(0, len(leaving), BATCH):
            fail2ban_client.ask("set", jail, "unbanip", *leaving[start : start + BATCH], options=options)
    return lifted


def _lies_in(identity: str, network: Network) -> bool:
    try:
        other = ip_network(identity)
    except ValueError:
        # a jail of somebody else's may ban by what is no address
        return False
    return other.version == network.version and other.subnet_of(network)  # type: ignore[arg-type]
