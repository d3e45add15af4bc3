"""The DROP rule for what is in the sets, first in INPUT and in DOCKER-USER. It forks: not for each ban."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b.firewall.names import LIST

SPEC = f"-m set --match-set {LIST} src -j DROP"
PROGRAMS = {4: "iptables", 6: "ip6tables"}
CHAINS = ("INPUT", "DOCKER-USER")
#: what is told of a family whose rule stands first
IN_PLACE = "in place"
#: what -v adds to a rule: packets and bytes
_COUNTERS = re.compile(r" -c (\d+) \d+")
#: seconds that iptables waits for another user of xtables
_LOCK_S = "5"
#: seconds for a whole command, the wait for the lock included
_COMMAND_S = 15
#: the jails of a server start at the same time, each in its thread
_lock = threading.Lock()

Run = Callable[[Sequence[str], str], "subprocess.CompletedProcess[str]"]


class RuleError(RuntimeError):
    """The rule could not be placed: elements are in the kernel, and nothing drops their packets."""


def run(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """A program of iptables; fail2ban's PATH may lack the sbin directories."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    program = shutil.which(words[0], path=path)
    if program is None:
        raise RuleError(f"{words[0]} is not installed; apt-get install iptables")
    return subprocess.run(
        [program, *words[1:]], input=text, capture_output=True, text=True, timeout=_COMMAND_S, check=False
    )


def place(version: int, run: Run = run) -> Optional[str]:
    """Put the rule first in every chain of a family; the reason where the family needs none, else None."""
    with _lock:
        try:
            for chain in CHAINS:
                _place(PROGRAMS[version], chain, run)
        except (RuleError, OSError, subprocess.SubprocessError) as error:
            if version == 6 and not has_ipv6():
                return "IPv6 is disabled"
            if isinstance(error, RuleError):
                raise
            raise RuleError(f"{PROGRAMS[version]}: {error}") from error
    return None


def is_first(version: int, run: Run = run) -> bool:
    """Whether nothing stands before the rule in any chain of the family."""
    program = PROGRAMS[version]
    with _lock:
        found = [_rules(program, chain, run) for chain in CHAINS]
    return all(rules is None or _is_first(rules, chain) for rules, chain in zip(found, CHAINS))


def count_drops(version: int, run: Run = run) -> dict[str, int]:
    """{chain: packets that the rule dropped there since it was put}; a chain without the rule is left out."""
    counted = {}
    with _lock:
        for chain in CHAINS:
            done = run((PROGRAMS[version], "-w", _LOCK_S, "-v", "-S", chain), "")
            for line in done.stdout.splitlines() if done.returncode == 0 else ():
                found = _COUNTERS.search(line)
                if found and _COUNTERS.sub("", line).strip() == f"-A {chain} {SPEC}":
                    counted[chain] = int(found[1])
    return counted


def remove(version: int, run: Run = run) -> None:
    """Take the rule out of every chain of a family."""
    program = PROGRAMS[version]
    with _lock:
        for chain in CHAINS:
            for _copy in range(_copies(_rules(program, chain, run) or [], chain)):
                run((program, "-w", _LOCK_S, "-D", chain, *SPEC.split()), "")


def has_ipv6(path: Path = Path("/proc/net/if_inet6")) -> bool:
    """Whether any interface of this network namespace has an IPv6 address."""
    try:
        return bool(path.read_text())
    except OSError:
        return False


def _place(program: str, chain: str, run: Run) -> None:
    rules = _rules(program, chain, run)
    if rules is None or _is_first(rules, chain):
        return
    copies = _copies(rules, chain)
    # one transaction: a rule that was moved down is first again without a moment in which there is none
    lines = ["*filter", *[f"-D {chain} {SPEC}"] * copies, f"-I {chain} 1 {SPEC}", "COMMIT", ""]
    words = (f"{program}-restore", "-w", _LOCK_S, "--noflush")
    done = run(words, "\n".join(lines))
    if done.returncode:
        raise RuleError(f"{' '.join(words)}: {_first_line(done)}; is the kernel module xt_set there?")


def _rules(program: str, chain: str, run: Run) -> list[str] | None:
    """The rules of a chain; None when there is no such chain (Docker is not installed)."""
    done = run((program, "-w", _LOCK_S, "-S", chain), "")
    if done.returncode == 0:
        return [line for line in done.stdout.splitlines() if line.startswith("-A ")]
    # 1: no such chain, and INPUT always is; others: the lock, the table or the kernel module
    if chain == "INPUT" or done.returncode != 1:
        raise RuleError(f"{program} -S {chain}: {_first_line(done)}")
    return None


def _is_first(rules: Sequence[str], chain: str) -> bool:
    return bool(rules) and rules[0].strip() == f"-A {chain} {SPEC}" and _copies(rules, chain) == 1


def _copies(rules: Sequence[str], chain: str) -> int:
    return sum(rule.strip() == f"-A {chain} {SPEC}" for rule in rules)


def _first_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[0] if lines else f"exit {done.returncode}"
