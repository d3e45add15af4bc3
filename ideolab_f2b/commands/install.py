"""The verb `install`."""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.install import install
from ideolab_f2b.install.options import InstallRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = "Put the pack into fail2ban and start it; a second time changes only what differs."
    parser.add_argument("--dry-run", action="store_true", help="print each step and change nothing")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path("/"),
        metavar="DIR",
        help="install into a staging directory, start nothing",
    )
    nginx, sudo_for, django, containers = (parser.add_mutually_exclusive_group() for _option in range(4))
    nginx.add_argument(
        "--nginx", action="store_true", help="also install the intake, nginx's jails and the files for nginx"
    )
    sudo_for.add_argument(
        "--sudo-for", metavar="USER", help="let this user, such as www-data, run ideolab-fw-ip as root"
    )
    django.add_argument(
        "--django",
        metavar="USER",
        help="let a Django site of this user, such as www-data, write traship.log",
    )
    containers.add_argument(
        "--containers",
        action="store_true",
        help="also start the opener, which lets connmon and the ban action look into containers",
    )
    for group, option, name in (
        (nginx, "--no-nginx", "nginx"),
        (sudo_for, "--no-sudo-for", "sudo_for"),
        (django, "--no-django", "web_group"),
        (containers, "--no-containers", "containers"),
    ):
        group.add_argument(
            option,
            action="append_const",
            dest="withdrawn",
            const=name,
            default=[],
            help=f"remove what an earlier --{option[5:]} has installed",
        )
    parser.add_argument("--no-start", action="store_true", help="place the files, start and reload nothing")


def run(arguments: argparse.Namespace) -> int:
    """Install; return 0, or 1 when that was refused or failed: stderr has the reason, nothing is changed."""
    request = InstallRequest(
        arguments.nginx,
        arguments.sudo_for,
        arguments.django,
        not arguments.no_start,
        arguments.dry_run,
        frozenset(arguments.withdrawn),
        arguments.containers,
    )
    try:
        problems = install(arguments.root.resolve(), request, functools.partial(print, flush=True))
    except InstallError as error:
        print(f"ideolab-f2b install: {error}\n{error.outcome}", file=sys.stderr)
        return 1
    return 1 if problems else 0
