"""How many rules of ours match a set that is in no list: a saved firewall brought them before fail2ban."""

from __future__ import annotations

import re
import subprocess

from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.rule import PROGRAMS, RuleError, Run
from ideolab_f2b.firewall.saved.rules import CHAIN


def count(version: int, name: str, run: Run = rule.run) -> int:
    """Count the rules in the chains of jails with scope=port that match a set; 0 where iptables fails."""
    ours = re.compile(rf"-A {CHAIN} .*--match-set {re.escape(name)} src ")
    try:
        done = run((f"{PROGRAMS[version]}-save",), "")
    except (OSError, subprocess.SubprocessError, RuleError):
        return 0
    return sum(1 for line in done.stdout.splitlines() if ours.match(line))
