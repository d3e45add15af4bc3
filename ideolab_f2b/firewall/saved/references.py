"""How many rules of ours match a set that is in no list: a saved firewall brought them before fail2ban."""

from __future__ import annotations

import re
import subprocess

from ideolab_f2b.firewall import iptables
from ideolab_f2b.firewall.iptables import RuleError, Run
from ideolab_f2b.firewall.saved.rules import CHAIN
from ideolab_f2b.firewall.variants import list_programs


def count(version: int, name: str, run: Run = iptables.run) -> int:
    """Count the rules in the chains of jails with scope=port that match a set; none where iptables fails."""
    ours = re.compile(rf"-A {CHAIN} .*--match-set {re.escape(name)} src ")
    try:
        texts = [run((f"{program}-save",), "").stdout for program in list_programs(version)]
    except (OSError, subprocess.SubprocessError, RuleError):
        return 0
    return sum(1 for text in texts for line in text.splitlines() if ours.match(line))
