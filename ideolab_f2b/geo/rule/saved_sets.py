"""Makes the empty sets of the country list that saved firewall rules name, so that a boot can load these.

With an empty set of ports the rules refuse nobody. What puts the list back comes later in a boot.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from ideolab_f2b.firewall.saved import sets
from ideolab_f2b.firewall.saved.rules import read_all
from ideolab_f2b.geo.rule.ipset.lines import START
from ideolab_f2b.geo.rule.ipset.rule import IpsetRule

_NAMED = f"--match-set {START}"


def make(root: Path = Path("/")) -> bool:
    """Make what is missing, but for what the host has saved itself; whether saved rules name any. OSError."""
    if not any(_NAMED in (text or "") for _path, text in read_all(root)):
        return False
    with contextlib.closing(IpsetRule()) as rule:
        rule.make_sets(but=sets.find_settings(root))
    return True
