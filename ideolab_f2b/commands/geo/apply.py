"""The verb `geo apply`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Optional

from ideolab_f2b.commands.arguments import times
from ideolab_f2b.commands.geo import kernel_verb
from ideolab_f2b.config import Settings
from ideolab_f2b.geo import country_list
from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.geo.rule import caller
from ideolab_f2b.geo.rule.in_force import CountryFirewall, Outcome
from ideolab_f2b.geo.rule.never_refused import SSH
from ideolab_f2b.geo.rule.plan import RuleProblemError
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.places import NEVER_BAN

#: seconds of the longest trial: what takes longer is no trial
_LONGEST_S = 86_400.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = (
        "Put the country list that `geo build` has made in force. New connections to the ports of [geo] are"
        " refused by it; those that are open go on. With --confirm the kernel itself goes back to what was,"
        " unless you type `ideolab-f2b geo confirm` in time: whatever happens to you and to this host."
    )
    parser.add_argument(
        "--confirm",
        type=_trial_time,
        default=0.0,
        metavar="TIME",
        help="try the list out for so long, such as 60s or 5m",
    )
    parser.add_argument(
        "--yes", action="store_true", help="do not ask where your own address is let in for a day only"
    )
    parser.add_argument(
        "--renew",
        action="store_true",
        help="for timers: put back what was confirmed and is not in force, take a newer list of the same"
        " countries, read anew who is exempt; nothing where nothing was confirmed",
    )
    parser.add_argument(
        "--list",
        type=Path,
        default=country_list.DEFAULT_PATH,
        metavar="FILE",
        help="the list (default: %(default)s)",
    )
    kernel_verb.add_options(parser)
    parser.set_defaults(fail=parser.error)


def _trial_time(text: str) -> float:
    seconds = times.seconds(text)
    if seconds > _LONGEST_S:
        raise argparse.ArgumentTypeError("a trial of a day at most is needed, such as 60s")
    return seconds


def run(arguments: argparse.Namespace) -> int:
    """Put the list in force; return 0, or 1 where you did not want it."""
    if arguments.renew:
        if arguments.confirm:
            arguments.fail("--renew is for timers: nobody could confirm")
        return kernel_verb.run(
            arguments, lambda firewall: _renew(firewall, arguments.list), _describe_renewal
        )

    def tell(text: str) -> str:
        if not arguments.confirm:
            return f"in force: {text}"
        return (
            f"in force for {arguments.confirm:g} s: {text}\n"
            "Open a new connection to this host, then type: sudo ideolab-f2b geo confirm"
        )

    return kernel_verb.run(
        arguments,
        lambda firewall: _apply(firewall, arguments),
        tell,
        needs_timer=True,
        needs_settings=True,
    )


def _apply(firewall: CountryFirewall, arguments: argparse.Namespace) -> Outcome:
    countries, peer = country_list.load(arguments.list), caller.find()
    _require_same(countries, firewall.settings)
    if peer is not None and not arguments.confirm and not arguments.yes:
        warning = _describe_caller(firewall, countries, peer)
        if warning and not _is_wanted(warning):
            raise RuleProblemError(
                f"{warning}. Nothing was changed. Try it with --confirm 60s, or say --yes; write the address"
                f" into {NEVER_BAN} to keep it in for good"
            )
    return firewall.apply(countries, arguments.confirm, peer)


def _require_same(countries: CountryList, settings: Settings) -> None:
    geo = settings.geo
    if (countries.policy, sorted(countries.countries)) != (geo.policy, sorted(geo.countries)):
        raise RuleProblemError(
            f"the list was built for `{countries.policy} {', '.join(countries.countries)}`, and [geo] says"
            f" `{geo.policy} {', '.join(geo.countries)}`; build it anew: sudo ideolab-f2b geo build"
        )


def _describe_caller(firewall: CountryFirewall, countries: CountryList, peer: Address) -> str:
    """Return what is to be known of the caller's own address; "" where it gets in for good."""
    if not countries.is_refused(peer) or firewall.gather(peer).find(peer, without=SSH) is not None:
        return ""
    return (
        f"you came by SSH from {peer}, which this list refuses: it is let in until a day after your session"
    )


def _is_wanted(warning: str) -> bool:
    if not sys.stdin.isatty():
        return False
    print(f"{warning}. Apply it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _renew(firewall: CountryFirewall, path: Path) -> Outcome:
    back = firewall.restore()
    newest = _load_newest(firewall, path)
    renewed = Outcome("") if newest is None else firewall.renew(newest)
    return renewed if renewed.text else back


def _load_newest(firewall: CountryFirewall, path: Path) -> Optional[CountryList]:
    # read only where it was written since: a timer asks each minute
    is_newer = path.exists() and path.stat().st_mtime > firewall.read_time()
    return country_list.load(path) if is_newer else None


def _describe_renewal(text: str) -> str:
    # a timer asks each minute: nothing new is no line of the journal
    return f"in force: {text}" if text else ""
