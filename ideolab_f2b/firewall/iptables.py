"""Runs the programs of iptables: lists the rules of a chain, changes a table in one transaction."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Callable, Optional

from ideolab_f2b.firewall.chains import BUILT_IN, TABLES
from ideolab_f2b.places import find_program, install_command

PROGRAMS = {4: "iptables", 6: "ip6tables"}
#: how the unit of fail2ban is changed, before what it needs
UNIT = "it needs, by `systemctl edit fail2ban`,"
#: the jails of a server start at the same time, each in its thread: held from the look to the change
LOCK = threading.RLock()
#: exit code of iptables when it lacks something, such as the lock that another program holds
_RESOURCE = 4
#: what it says of the lock
_LOCKED = "Another app"
#: seconds that iptables waits for another user of xtables
_LOCK_S = "5"
#: seconds for a whole command, the wait for the lock included
_COMMAND_S = 15

Run = Callable[[Sequence[str], str], "subprocess.CompletedProcess[str]"]


class RuleError(RuntimeError):
    """The rule could not be placed: elements are in the kernel, and nothing drops their packets."""


class RuleUnseenError(RuleError):
    """The rule may be there, and cannot be seen: somebody holds the lock of xtables, or it takes too long."""


class RawMissingError(RuleError):
    """There is no raw table for this iptables: the kernel, a container or a table of nft keeps it from it."""


def run(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of iptables."""
    program = find_program(words[0])
    if program is None:
        raise RuleError(f"{words[0]} is not installed; {install_command('iptables')}")
    return subprocess.run(
        [program, *words[1:]], input=text, capture_output=True, text=True, timeout=_COMMAND_S, check=False
    )


def list_rules(program: str, chain: str, table: str, run: Run = run) -> Optional[list[str]]:
    """Return the rules of a chain with their counters; None when there is no such chain; RuleError."""
    with _name_errors(program):
        done = run((program, "-w", _LOCK_S, "-t", table, "-v", "-S", chain), "")
    if done.returncode == 0:
        return [line.strip() for line in done.stdout.splitlines() if line.startswith("-A ")]
    asked = f"{program} -t {table} -S {chain}: {_first_line(done)}"
    if _is_locked(done):
        raise RuleUnseenError(asked)
    # 1: no such chain; others: the table or the kernel module
    if done.returncode == 1 and not _is_built_in(chain, table):
        return None
    # what it lacks for a moment, or for each table, is no reason to leave this one
    if table == "raw" and done.returncode != _RESOURCE:
        raise RawMissingError(asked)
    raise RuleError("; ".join(filter(None, (asked, _name_way_out(done.stderr, otherwise="")))))


def change(program: str, table: str, lines: Sequence[str], run: Run = run) -> None:
    """Change a table in one transaction; RuleError."""
    words = (f"{program}-restore", "-w", _LOCK_S, "--noflush")
    with LOCK, _name_errors(program):
        done = run(words, "\n".join([f"*{table}", *lines, "COMMIT", ""]))
    if _is_locked(done):
        raise RuleUnseenError(f"{words[0]}: {_first_line(done)}")
    if done.returncode:
        raise RuleError(f"{' '.join(words)}: {_first_line(done)}; {_name_way_out(done.stderr)}")


def _is_built_in(chain: str, table: str) -> bool:
    return chain in BUILT_IN and TABLES[chain] == table


@contextlib.contextmanager
def _name_errors(program: str) -> Iterator[None]:
    """Name the program in what keeps it from running."""
    try:
        yield
    except subprocess.TimeoutExpired as error:
        # on a host that is busy, as under an attack, what is there goes on dropping
        raise RuleUnseenError(f"{program}: {error}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise RuleError(f"{program}: {error}") from error


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
