"""The verb `ban-list`: what a boot needs before it loads saved firewall rules that name our sets."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator

from ideolab_f2b.firewall.saved import make, nft
from ideolab_f2b.geo.rule import saved_sets
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.places import runs_systemd


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Set the description; the verb takes nothing."""
    parser.description = (
        "Make the empty sets that saved firewall rules name. A unit runs this at each boot, before they are"
        " loaded; later it changes nothing that is there."
    )


def run(_arguments: argparse.Namespace) -> int:
    """Make the sets; return 0, or 1 when stderr says what is missing."""
    problems = list(_prepare())
    for problem in problems:
        print(f"ideolab-f2b ban-list: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _prepare() -> Iterator[str]:
    try:
        yield from make.make()
        saved_sets.make()
    except KernelError as error:
        yield str(error)
    if not runs_systemd():
        return
    try:
        for path in nft.load_waiting():
            print(f"{path} holds rules of ideolab-f2b, with which nft refuses it: loaded without them")
    except (OSError, subprocess.SubprocessError, nft.NftError) as error:
        yield str(error)
