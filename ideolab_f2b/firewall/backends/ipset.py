"""The backend of ipset: hash:net sets in a list:set, and rules of iptables that match it."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Optional

from ideolab_f2b.firewall import iptables, old_rules, port_rule, rule
from ideolab_f2b.firewall.chains import DEFAULT, HOOKS
from ideolab_f2b.firewall.names import LIST, LISTS
from ideolab_f2b.firewall.old_rules import OldRule
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.firewall.position import Position
from ideolab_f2b.firewall.rule import Placement, RuleError, RuleUnseenError
from ideolab_f2b.firewall.rule_trace import RuleTraces, Trace
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.kernel.netlink import ModuleMissingError
from ideolab_f2b.places import find_program, install_command

#: what iptables says where the kernel has no match for sets
_NO_MATCH = re.compile(r"kernel module|load match|Extension set|target/match")
#: what is loaded or built in
_MODULES = Path("/sys/module")


class IpsetBackend:
    """Sets of ipset, rules of iptables."""

    name = "ipset"
    packages: Sequence[str] = ("iptables", "ipset")

    def __init__(self, traces: Optional[RuleTraces] = None) -> None:
        self._traces = traces or RuleTraces()

    def open(self) -> Sets:
        """Open a socket to ipset; KernelError without ip_set."""
        return Sets()

    def release(self) -> None:
        """Do nothing: a set has no owner."""

    def find_problem(self) -> str:
        """Return why ipset or iptables cannot work on this host; "" when they can. It forks."""
        missing = [name for name in self.packages if find_program(name) is None]
        if missing:
            return f"{', '.join(missing)} not installed; {install_command(*missing)}"
        try:
            Sets().close()
            rule.look(4, DEFAULT)
            return _find_missing_match()
        except RuleUnseenError:
            # somebody holds the lock of xtables: it works
            return ""
        except (RuleError, OSError, subprocess.SubprocessError) as error:
            return str(error)

    def is_in_kernel(self) -> bool:
        """Return whether a list of ours is there; False where there is no ipset; KernelError."""
        if _MODULES.is_dir() and not (_MODULES / "ip_set").exists():
            # the question would load it
            return False
        with contextlib.suppress(ModuleMissingError), contextlib.closing(Sets()) as kernel:
            return not set(LISTS).isdisjoint(kernel.names())
        return False

    def describe(self, version: int) -> str:
        """Return the program of a family's rules."""
        return rule.PROGRAMS[version]

    def place(self, version: int, hook: str = DEFAULT) -> Optional[str]:
        """Put the DROP rule of a family; return why it needs none, else None; RuleError."""
        return rule.place(version, hook)

    def look(self, version: int, hook: str = DEFAULT) -> Placement:
        """Return where the DROP rule stands; RuleError."""
        return rule.look(version, hook)

    def put_first(self, version: int, position: Position) -> None:
        """Make the DROP rule the first of a chain; RuleError."""
        rule.put_first(version, position)

    def count_drops(self, version: int, hook: str = DEFAULT) -> dict[str, int]:
        """Return {chain: packets that the DROP rule dropped there}; RuleError."""
        return rule.count_drops(version, hook)

    def read_trace(self, version: int, hook: str = DEFAULT) -> Optional[Trace]:
        """Return what identifies the first rules without a fork; None when nobody tells."""
        return self._traces.read(version, HOOKS[hook])

    def find_old(self, version: int, hook: str = DEFAULT) -> Iterator[OldRule]:
        """Yield the DROP rules in other chains than those of the hook; RuleError."""
        return old_rules.find(version, HOOKS[hook])

    def remove_old(self, old: OldRule) -> None:
        """Take a rule with all its copies out of its chain; RuleError."""
        old_rules.remove(old)

    def remove_all(self, version: int) -> None:
        """Take the DROP rule of a family out of every chain; RuleError.

        Without iptables there is none to be seen: one that is left keeps its sets from being destroyed.
        """
        if find_program(rule.PROGRAMS[version]) is not None:
            old_rules.remove_all(version)

    def put_ports(self, version: int, scopes: Mapping[str, PortScope], hook: str = DEFAULT) -> int:
        """Put the rules of jails with scope=port, by the names of their sets; in how many chains."""
        return port_rule.put(version, scopes, hook)

    def drop_ports(self, version: int, names: Optional[Collection[str]] = None) -> None:
        """Take the port rules of these sets away, without names all; none is there without iptables."""
        if find_program(rule.PROGRAMS[version]) is not None:
            port_rule.drop(version, names)

    def move_ports(self, version: int, hook: str = DEFAULT) -> bool:
        """Take the port rules out of all chains but those of the hook; whether there were any."""
        return port_rule.move(version, HOOKS[hook])


def _find_missing_match() -> str:
    """Return why iptables cannot match a set; "" when it can: RHEL has put xt_set into another package."""
    asked = ("iptables", "-w", "5", "-C", "INPUT", "-m", "set", "--match-set", LIST, "src")
    said = iptables.run(asked, "").stderr
    # the set itself may be missing, and the rule is
    return said.strip().splitlines()[0] if _NO_MATCH.search(said) else ""
