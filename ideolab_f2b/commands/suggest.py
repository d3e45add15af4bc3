"""The verb `suggest`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from ideolab_f2b import config
from ideolab_f2b.asn.table import AsnTable, AsnTableError
from ideolab_f2b.commands.arguments import times
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.suggest import report, text
from ideolab_f2b.suggest.evidence import BanEvidence, gather
from ideolab_f2b.suggest.report import Report
from ideolab_f2b.visitors import read as visitors
from ideolab_f2b.visitors.visitors import Visitors

#: days of bans that count: those of a week show who comes back
DAYS = 7.0
#: proposals: what a person looks through
TOP = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = (
        "List networks and ASes in which bans cluster, with the visitors that a ban of them would hit. "
        "It bans nobody. Exit 1 when fail2ban cannot be asked."
    )
    parser.add_argument(
        "--days", type=times.days, default=DAYS, metavar="N", help=f"bans of the last N days ({DAYS:g})"
    )
    parser.add_argument(
        "--top", type=_count, default=TOP, metavar="N", help=f"list at most N proposals ({TOP})"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    add_config_option(parser)


def _count(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= 1000:
        raise argparse.ArgumentTypeError(f"{word[:40]!r} is not a number from 1 to 1000")
    return int(word)


def run(arguments: argparse.Namespace) -> int:
    """Print the proposals; return 0 when fail2ban answered, else 1."""
    settings = config.load(arguments.config)
    seen = visitors.read(arguments.days, settings.visitors.logs)
    found = _make(gather(settings.paths.events, arguments.days), seen, arguments.days, arguments.top)
    lines = [text.to_json(found)] if arguments.json else text.table(found)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    if found.evidence.trouble is None:
        return 0
    way_out = "" if os.geteuid() == 0 else "; this needs root: sudo ideolab-f2b suggest"
    print(f"ideolab-f2b suggest: fail2ban was not asked: {found.evidence.trouble}{way_out}", file=sys.stderr)
    return 1


def _make(gathered: BanEvidence, seen: Visitors, days: float, top: int) -> Report:
    with contextlib.ExitStack() as opened:
        try:
            table = opened.enter_context(AsnTable())
            return report.make(gathered, seen, table, days=days, top=top)
        except AsnTableError as error:
            return report.make(gathered, seen, None, days=days, top=top, system_trouble=str(error))
