"""Makes the empty sets that saved rules name, so that a boot can load these; touches no set that is there."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Optional

from ideolab_f2b.firewall.saved import sets as saved
from ideolab_f2b.firewall.saved.rules import read_all
from ideolab_f2b.firewall.saved.sets import LIST_SIZE, SavedSet, SetSettings
from ideolab_f2b.kernel.ipset.sets import DEFAULT_MAXELEM, Sets
from ideolab_f2b.kernel.netlink import KernelError


def make(root: Path = Path("/")) -> list[str]:
    """Make what is missing; return what could not be made and why. KernelError without ipset."""
    settings = saved.find_settings(root)
    problems = [f"{path} cannot be read" for path, text in read_all(root) if text is None]
    with contextlib.closing(Sets()) as kernel:
        there = set(kernel.names())
        for one in saved.find(root).values():
            if one.name not in there:
                try:
                    _make(kernel, one, settings.get(one.name))
                except (KernelError, ValueError) as error:
                    problems.append(f"{one.name}: {error}")
    return problems


def _make(kernel: Sets, wanted: SavedSet, settings: Optional[SetSettings]) -> None:
    if settings is not None and not settings.is_possible:
        # what loads the saved sets makes it, and would stop at ours
        return
    if not wanted.list:
        kernel.create_list(wanted.name, settings.size if settings else LIST_SIZE)
        return
    usual = settings or SetSettings(wanted.family, DEFAULT_MAXELEM)
    kernel.create(wanted.name, usual.family, usual.size, usual.timeout)
    # as the jail has left it: fail2ban takes no set that a rule uses and that is in no list of ours
    kernel.link(wanted.list, wanted.name)
