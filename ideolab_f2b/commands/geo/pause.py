"""The verb `geo pause`."""

from __future__ import annotations

import argparse

from ideolab_f2b.commands.arguments import times
from ideolab_f2b.commands.geo import kernel_verb
from ideolab_f2b.geo.rule.in_force import CountryFirewall, Outcome

#: seconds of the longest pause
_LONGEST_S = 86_400.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = (
        "Let every country in for a time, such as 10m; it ends by itself, in the kernel. For whoever"
        " validates a certificate from anywhere. Bans stay. Where no list is in force, nothing"
        " happens and all is well."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("time", nargs="?", type=_pause_time, metavar="TIME", help="for so long, a day at most")
    what.add_argument("--end", action="store_true", help="end a pause now")
    kernel_verb.add_options(parser)


def _pause_time(text: str) -> float:
    seconds = times.seconds(text)
    if seconds > _LONGEST_S:
        raise argparse.ArgumentTypeError("a pause of a day at most is needed, such as 10m")
    return seconds


def run(arguments: argparse.Namespace) -> int:
    """Begin or end the pause; return 0."""
    seconds = 0.0 if arguments.end else arguments.time

    def pause(firewall: CountryFirewall) -> Outcome:
        return firewall.pause(seconds)

    def tell(text: str) -> str:
        if not text:
            return "no country list is in force: every country gets in"
        return (
            f"the pause is over: {text}"
            if arguments.end
            else f"every country gets in for {seconds:g} s: {text}"
        )

    return kernel_verb.run(arguments, pause, tell)
