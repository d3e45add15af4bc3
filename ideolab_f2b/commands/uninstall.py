"""The verb `uninstall`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.uninstall import UninstallRequest, uninstall


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = (
        "Remove jails, bans, sets, rules, files, logs and the user of the pack; apt packages stay."
    )
    parser.add_argument("--dry-run", action="store_true", help="print each step and change nothing")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="uninstall from a staging directory"
    )
    parser.add_argument("--keep-config", action="store_true", help="keep /etc/ideolab (f2b.conf, never-ban)")
    parser.add_argument("--keep-logs", action="store_true", help="keep /var/log/ideolab")
    parser.add_argument(
        "--force",
        action="store_true",
        help="uninstall even if fail2ban or nginx would not start, or a saved firewall not load afterwards",
    )


def run(arguments: argparse.Namespace) -> int:
    """Uninstall; return 0, also when nothing is installed, or 1 when stderr says what is refused or left."""
    request = UninstallRequest(arguments.keep_config, arguments.keep_logs, arguments.force, arguments.dry_run)
    try:
        problems = uninstall(arguments.root.resolve(), request, print)
    except InstallError as error:
        print(f"ideolab-f2b uninstall: {error}\n{error.outcome}", file=sys.stderr)
        return 1
    for problem in problems:
        print(f"left: {problem}", file=sys.stderr)
    return 1 if problems else 0
