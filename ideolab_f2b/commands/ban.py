"""The verb `ban`: through fail2ban's jail ideolab-manual, which ends it in time, whoever is alive then."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import json
from collections.abc import Iterator
from typing import Union

from ideolab_f2b import fail2ban_client
from ideolab_f2b.commands import target
from ideolab_f2b.commands.answer import ALREADY, BANNED, ERROR, Answer, tell
from ideolab_f2b.firewall.all_sets import AllSets
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.places import ACTION, MANUAL

#: of one question: Linux takes 128 KiB of one argument
BATCH = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Ban addresses and networks now; fail2ban and the kernel both know when the ban ends. What is in "
        "ignoreip or /etc/ideolab/never-ban, own addresses, gateways and SSH sessions are refused."
    )
    target.add_arguments(parser)
    parser.add_argument(
        "--for", dest="time", type=target.duration, default=target.PERMANENT, metavar="TIME",
        help="90m, 24h, 7d, or permanent (the default)",
    )  # fmt: skip
    parser.add_argument("--reason", default="", help="for fail2ban's log")


def run(arguments: argparse.Namespace) -> int:
    """0 all banned, 1 some refused or failed."""
    networks: list[Network] = list(dict.fromkeys(arguments.networks))
    options = target.options(arguments)
    return tell(_banned(networks, arguments.time, arguments.reason, options), is_json=arguments.json)


def _banned(
    networks: list[Network], time: Union[int, str], reason: str, options: tuple[str, ...]
) -> Iterator[Answer]:
    for start in range(0, len(networks), BATCH):
        part = networks[start : start + BATCH]
        answers = order(part, time, reason, options)
        with contextlib.closing(AllSets()) as sets:
            yield from (_checked(answer, one, sets) for one, answer in zip(part, answers))


def order(
    networks: list[Network], time: Union[int, str], reason: str, options: tuple[str, ...] = ()
) -> list[Answer]:
    """What the ban action answers, one for each network."""
    bans = [[target.short(network), time] for network in networks]
    asked = json.dumps({"bans": bans, "by": f"ideolab-f2b {getpass.getuser()}", "reason": reason})
    told = fail2ban_client.ask("set", MANUAL, "action", ACTION, "by_hand", asked, options=options)
    try:
        answers = [Answer(**each) for each in json.loads(told)]
    except (TypeError, ValueError):
        answers = []
    if len(answers) != len(networks):
        # an action without the method takes the call for a new value of an attribute
        raise fail2ban_client.ClientError(
            "the ban action that fail2ban has loaded is broken or older; run ideolab-f2b check"
        )
    return answers


def _checked(answer: Answer, network: Network, sets: AllSets) -> Answer:
    if answer.result in (BANNED, ALREADY) and not sets.holds(network):
        return answer._replace(result=ERROR, detail="the kernel does not hold it; run ideolab-f2b check")
    return answer
