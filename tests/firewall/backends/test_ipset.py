"""Whether ipset and iptables can work on a host."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import iptables, old_rules, port_rule, rule
from ideolab_f2b.firewall.backends import ipset
from ideolab_f2b.firewall.backends.ipset import IpsetBackend
from ideolab_f2b.firewall.iptables import RuleUnseenError


def test_programs_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are named, with the command that installs them."""
    monkeypatch.setattr(ipset, "find_program", lambda name: None if name == "ipset" else f"/usr/sbin/{name}")
    assert IpsetBackend().find_problem().startswith("ipset not installed; ")


@pytest.mark.root
def test_kernel_has_no_match_for_sets(lone: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """RHEL has put xt_set into a package that a default host lacks; here it is there."""
    with lone.enter():
        assert IpsetBackend().find_problem() == ""

        def run(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
            if "-C" not in words:
                return subprocess.CompletedProcess(words, 0, "", "")
            return subprocess.CompletedProcess(
                words, 2, "", "iptables v1.8.9: Couldn't load match `set':No such file\n"
            )

        monkeypatch.setattr(iptables, "run", run)
        monkeypatch.setattr(rule, "look", lambda *_arguments: None)
        assert IpsetBackend().find_problem() == "iptables v1.8.9: Couldn't load match `set':No such file"


@pytest.mark.root
def test_lock_of_another_program(lone: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds the lock of xtables is no reason to change the backend."""

    def look(*_arguments: object) -> None:
        raise RuleUnseenError("Another app is currently holding the xtables lock")

    monkeypatch.setattr(rule, "look", look)
    with lone.enter():
        assert IpsetBackend().find_problem() == ""


def test_rules_without_iptables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets may be there, and no rule: an uninstall does not ask for a program to take rules away."""
    monkeypatch.setattr(ipset, "find_program", lambda _name: None)
    monkeypatch.setattr(old_rules, "remove_all", pytest.fail)
    monkeypatch.setattr(port_rule, "drop", pytest.fail)

    ipset.IpsetBackend().remove_all(4)
    ipset.IpsetBackend().drop_ports(6)
