"""The verb `ban-list`: what a boot needs of us before and after it loads saved firewall rules."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator

from ideolab_f2b import fail2ban_client
from ideolab_f2b.boot import restore
from ideolab_f2b.check.boot import systemctl
from ideolab_f2b.firewall.saved import make, nft
from ideolab_f2b.geo.rule import restore as country_list
from ideolab_f2b.geo.rule import saved_sets
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.places import runs_systemd


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Set the description and the one option."""
    parser.description = (
        "Make the empty sets that saved firewall rules name. A unit runs this at each boot, before they are"
        " loaded; later it changes nothing that is there."
    )
    parser.add_argument(
        "--restore",
        action="store_true",
        help="put sets, rules, bans and the country list in force; a unit does it after the saved rules are"
        " loaded and before the network is up",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make the sets, or restore the bans; return 0, or 1 when stderr says what is missing."""
    problems = list(_restore() if arguments.restore else _prepare())
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


def _restore() -> Iterator[str]:
    yield from _restore_bans()
    try:
        said = country_list.restore()
    except Exception as error:
        # a fault of ours must not hide what was said of the bans
        yield f"the country list was not put in force: {error}; ideolab-f2b geo apply --confirm 60s"
    else:
        if said:
            print(said)


def _is_fail2ban_off() -> bool:
    """Whether an administrator has switched fail2ban off; what no systemd tells is no reason."""
    state = systemctl.show("fail2ban.service", "UnitFileState").get("UnitFileState") if runs_systemd() else ""
    return state in ("disabled", "masked")


def _restore_bans() -> Iterator[str]:
    if fail2ban_client.find_server() is not None:
        print("fail2ban runs, and has restored its bans: nothing is changed")
    elif _is_fail2ban_off():
        # nobody would ever lift a permanent ban
        print("fail2ban does not start with this host: no bans restored")
    else:
        try:
            done = restore.restore()
        except Exception as error:
            # the country list must not miss what this has missed
            yield f"the bans were not restored: {error!r}; fail2ban restores them when it starts"
        else:
            print(done.said)
            yield from done.problems
