"""Rules of ours that match a set, counted in what iptables-save prints."""

from __future__ import annotations

import subprocess

import pytest

from ideolab_f2b.firewall.iptables import RuleError, Run
from ideolab_f2b.firewall.saved import references
from ideolab_f2b.firewall.variants import list_programs

SAVED = """\
*raw
-A PREROUTING ! -i lo -m set --match-set ideolab_ban_port src -j ideolab-port
-A ideolab-port -p tcp -m multiport --dports 25 -m set --match-set mail src -j DROP
-A ideolab-port -p udp -m multiport --dports 25 -m set --match-set mail src -j DROP
-A ideolab-port -p tcp -m multiport --dports 25 -m set --match-set mail2 src -j DROP
*filter
-A INPUT -m set --match-set mail src -j ACCEPT
-A ideolab-port-docker -p tcp -m set --match-set mail src -j DROP
"""


def say(text: str) -> Run:
    """Return what runs iptables, of which one variant has this."""
    one = f"{next(iter(list_programs(4)))}-save"
    return lambda words, _text: subprocess.CompletedProcess(words, 0, text if words[0] == one else "", "")


def fail(*_words: object) -> subprocess.CompletedProcess[str]:
    raise RuleError("iptables is not installed")


@pytest.mark.parametrize(
    ("run", "name", "found"), [(say(SAVED), "mail", 3), (say(SAVED), "mai.", 0), (fail, "mail", 0)]
)
def test_rules_in_our_chains(run: Run, name: str, found: int) -> None:
    """In every table; the administrator's own do not count."""
    assert references.count(4, name, run) == found
