"""Puts the DROP rule for what is in the sets into INPUT and DOCKER-USER. It forks: not for each ban."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b.firewall.position import SPEC as SPEC
from ideolab_f2b.firewall.position import Position, list_before, list_jumps, read_position
from ideolab_f2b.places import find_program, install_command

PROGRAMS = {4: "iptables", 6: "ip6tables"}
CHAINS = ("INPUT", "DOCKER-USER")
#: what is told of a family whose rule stands first
IN_PLACE = "in place"
#: how the unit of fail2ban is changed, before what it needs
UNIT = "it needs, by `systemctl edit fail2ban`,"
#: exit code of iptables when it lacks something, such as the lock that another program holds
_RESOURCE = 4
#: what it says of the lock
_LOCKED = "Another app"
#: chains in front of the rule that are read to see whether they can accept a packet
_CHAINS_LIMIT = 32
#: seconds that iptables waits for another user of xtables
_LOCK_S = "5"
#: seconds for a whole command, the wait for the lock included
_COMMAND_S = 15
#: the jails of a server start at the same time, each in its thread: held from the look to the change
LOCK = threading.RLock()

Run = Callable[[Sequence[str], str], "subprocess.CompletedProcess[str]"]


class RuleError(RuntimeError):
    """The rule could not be placed: elements are in the kernel, and nothing drops their packets."""


class RuleUnseenError(RuleError):
    """Another program holds the lock of xtables: the rule may be there, and cannot be seen."""


def run(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of iptables."""
    program = find_program(words[0])
    if program is None:
        raise RuleError(f"{words[0]} is not installed; {install_command('iptables')}")
    return subprocess.run(
        [program, *words[1:]], input=text, capture_output=True, text=True, timeout=_COMMAND_S, check=False
    )


def place(version: int, run: Run = run) -> Optional[str]:
    """Put the rule into every chain of a family, before whatever may accept a packet.

    Return the reason where the family needs no rule, else None.
    """
    try:
        with LOCK:
            for position in positions(version, run):
                if not position.is_effective or position.copies > 1:
                    put_first(version, position, run)
    except RuleError:
        if version == 6 and not has_ipv6():
            return "IPv6 is disabled"
        raise
    return None


def put_first(version: int, position: Position, run: Run = run) -> None:
    """Make the rule the first of a chain and the only one of its kind there."""
    program, chain = PROGRAMS[version], position.chain
    # one transaction: a rule that was moved down is first again without a moment in which there is none
    lines = ["*filter", *[f"-D {chain} {SPEC}"] * position.copies, f"-I {chain} 1 {SPEC}", "COMMIT", ""]
    words = (f"{program}-restore", "-w", _LOCK_S, "--noflush")
    with LOCK, _name_errors(program):
        done = run(words, "\n".join(lines))
    if _is_locked(done):
        raise RuleUnseenError(f"{program}-restore: {_first_line(done)}")
    if done.returncode:
        raise RuleError(f"{' '.join(words)}: {_first_line(done)}; {_name_way_out(done.stderr)}")


def is_first(version: int, run: Run = run) -> bool:
    """Whether nothing stands before the rule in any chain of the family."""
    return all(position.is_first and position.copies == 1 for position in positions(version, run))


def positions(version: int, run: Run = run) -> list[Position]:
    """Return where the rule stands in each chain of a family that exists; RuleError."""
    program = PROGRAMS[version]
    with LOCK, _name_errors(program):
        found = []
        for chain in CHAINS:
            lines = _rules(program, chain, run)
            if lines is not None:
                before = list_before(chain, lines)
                # without the rule nothing stands in front of it
                in_front = _chains_in_front(program, before, run) if len(before) < len(lines) else {}
                found.append(read_position(chain, lines, in_front))
    return found


def count_drops(version: int, run: Run = run) -> dict[str, int]:
    """{chain: packets that the rule dropped there since it was put}; a chain without the rule is left out."""
    return {one.chain: one.drops for one in positions(version, run) if one.drops is not None}


def remove(version: int, run: Run = run) -> None:
    """Take the rule out of every chain of a family."""
    with LOCK:
        for position in positions(version, run):
            for _copy in range(position.copies):
                run((PROGRAMS[version], "-w", _LOCK_S, "-D", position.chain, *SPEC.split()), "")


def has_ipv6(path: Path = Path("/proc/net/if_inet6")) -> bool:
    """Whether any interface of this network namespace has an IPv6 address."""
    try:
        return bool(path.read_text())
    except OSError:
        return False


@contextlib.contextmanager
def _name_errors(program: str) -> Iterator[None]:
    """Name the program in what keeps it from running."""
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        raise RuleError(f"{program}: {error}") from error


def _rules(program: str, chain: str, run: Run) -> list[str] | None:
    """The rules of a chain with their counters; None when there is no such chain: no Docker is here."""
    done = run((program, "-w", _LOCK_S, "-v", "-S", chain), "")
    if done.returncode == 0:
        return [line.strip() for line in done.stdout.splitlines() if line.startswith("-A ")]
    if _is_locked(done):
        raise RuleUnseenError(f"{program} -S {chain}: {_first_line(done)}")
    # 1: no such chain, and INPUT always is; others: the table or the kernel module
    if chain == "INPUT" or done.returncode != 1:
        way_out = _name_way_out(done.stderr, otherwise="")
        raise RuleError("; ".join(filter(None, (f"{program} -S {chain}: {_first_line(done)}", way_out))))
    return None


def _chains_in_front(program: str, before: Sequence[str], run: Run) -> dict[str, list[str]]:
    """The rules of the chains to which rules in front of ours jump, and of those to which they jump."""
    found: dict[str, list[str]] = {}
    waiting, asked = list_jumps(before), set[str]()
    while waiting and len(asked) < _CHAINS_LIMIT:
        chain = waiting.pop()
        if chain in asked:
            continue
        asked.add(chain)
        rules = _rules(program, chain, run)
        if rules is not None:
            found[chain] = rules
            waiting += list_jumps(rules)
    return found


def _name_way_out(text: str, otherwise: str = "is the kernel module xt_set there?") -> str:
    """Return what helps against an error of iptables: a hardened unit of fail2ban forbids what it needs."""
    if "Read-only file system" in text:
        return f"{UNIT} ReadWritePaths=-/run/xtables.lock"
    if "socket to ipset" in text or "must be root" in text or "not permitted" in text:
        return f"{UNIT} CAP_NET_ADMIN and CAP_NET_RAW in CapabilityBoundingSet="
    return otherwise


def _is_locked(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == _RESOURCE and _LOCKED in done.stderr


def _first_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    # newer ones first say what flock(2) said
    said = next((line for line in lines if _LOCKED in line), lines[0] if lines else "")
    return said or f"exit {done.returncode}"
