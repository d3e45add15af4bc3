"""The DROP rules of jails that keep their peers from some ports only: a chain of their own behind one jump.

`-m set --match-set ideolab_ban_port src -j ideolab-port` stands in INPUT behind the rule for all ports. A
packet of anybody else costs one look into the list. It forks: not for each ban.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.names import LIST, PORT_LIST, family_sets
from ideolab_f2b.firewall.rule import PROGRAMS, RuleError, Run

#: {chain of iptables: our chain that it jumps to}; Docker has changed the port of a packet before its chain
CHAINS = {"INPUT": "ideolab-port", "DOCKER-USER": "ideolab-port-docker"}
_ALL_PORTS = f"-m set --match-set {LIST} src -j DROP"
_JUMP = f"-m set --match-set {PORT_LIST} src -j"
#: what has ports
_WITH_PORTS = ("tcp", "udp", "sctp", "dccp", "udplite")
#: ports in one rule of iptables, a range counts twice
_PORTS_LIMIT = 7
_SET = re.compile(r"--match-set (\S+) src")
_LOCK_S = "5"
_lock = threading.Lock()


@dataclass(frozen=True)
class PortScope:
    """What a jail drops: these ports of these protocols."""

    protocols: tuple[str, ...]
    ports: tuple[Union[int, range], ...]

    def __str__(self) -> str:
        return f"{','.join(map(_text, self.ports))}/{','.join(self.protocols)}"

    def specs(self, name: str, chain: str) -> Iterator[str]:
        """The rules for what is in the set `name`, as `iptables -S` prints them."""
        match = f"-m set --match-set {name} src -j DROP"
        for protocol in self.protocols:
            if protocol == "all":
                yield match
            elif protocol not in _WITH_PORTS:
                yield f"-p {protocol} {match}"
            elif chain == "INPUT":
                for start in range(0, len(self.ports), _PORTS_LIMIT):
                    texts = ",".join(map(_text, self.ports[start : start + _PORTS_LIMIT]))
                    yield f"-p {protocol} -m multiport --dports {texts} {match}"
            else:
                # as the client sent it
                for port in self.ports:
                    wanted = f"-m conntrack --ctorigdstport {_text(port)} --ctdir ORIGINAL"
                    yield f"-p {protocol} {wanted} {match}"


def put(version: int, scopes: Mapping[str, PortScope], run: Run = rule.run) -> int:
    """Put the rules of jails, by the names of their sets, where they are missing; in how many chains."""
    wanted_by = {family_sets(name)[version]: scope for name, scope in scopes.items()}
    changed = 0
    with _lock:
        for chain, ours in CHAINS.items():
            outer = _read(version, chain, run)
            if outer is None:
                continue
            held = _read(version, ours, run) or []
            wanted = [spec for name, scope in wanted_by.items() for spec in scope.specs(name, chain)]
            # those of other jails, and of one that is about to come back
            kept = [spec for spec in held if _set_of(spec) not in wanted_by]
            if sorted(held) != sorted([*kept, *wanted]) or not _is_placed(outer, ours):
                _write(version, chain, [*kept, *wanted], outer, run)
                changed += 1
    return changed


def drop(version: int, names: Collection[str], run: Run = rule.run) -> None:
    """Take the rules of these family sets away, and the chain with the last one."""
    with _lock:
        for chain, ours in CHAINS.items():
            held = _read(version, ours, run)
            if held is not None:
                kept = [spec for spec in held if _set_of(spec) not in names]
                if kept != held or not kept:
                    _write(version, chain, kept, _read(version, chain, run) or [], run)


def drop_all(version: int, run: Run = rule.run) -> None:
    """Take all rules of jails away."""
    names = {_set_of(spec) for chain in CHAINS.values() for spec in _read(version, chain, run) or ()}
    drop(version, names, run)


def _text(port: Union[int, range]) -> str:
    return str(port) if isinstance(port, int) else f"{port[0]}:{port[-1]}"


def _set_of(spec: str) -> str:
    found = _SET.search(spec)
    return found[1] if found else ""


def _is_placed(outer: Sequence[str], ours: str) -> bool:
    """Whether the jump is there once, not behind the place that `_write` gives it."""
    jump = f"{_JUMP} {ours}"
    return outer.count(jump) == 1 and outer.index(jump) <= _index(outer)


def _index(outer: Sequence[str]) -> int:
    """Where the jump belongs: behind the rule for all ports, whatever that one stands behind; else first."""
    rest = [spec for spec in outer if not spec.startswith(_JUMP)]
    return rest.index(_ALL_PORTS) + 1 if _ALL_PORTS in rest else 0


def _write(version: int, chain: str, specs: Sequence[str], outer: Sequence[str], run: Run) -> None:
    ours = CHAINS[chain]
    jump = f"{_JUMP} {ours}"
    lines = ["*filter", f":{ours} - [0:0]", *(f"-A {ours} {spec}" for spec in specs)]
    lines += [f"-D {chain} {jump}"] * outer.count(jump)
    if specs:
        lines.append(f"-I {chain} {_index(outer) + 1} {jump}")
    else:
        lines.append(f"-X {ours}")
    program = f"{PROGRAMS[version]}-restore"
    done = _call((program, "-w", _LOCK_S, "--noflush"), "\n".join([*lines, "COMMIT", ""]), run)
    if done.returncode:
        raise RuleError(f"{program} ({ours}): {_first_line(done)}")


def _read(version: int, chain: str, run: Run) -> list[str] | None:
    """The rules of a chain without its name; None when there is no such chain."""
    done = _call((PROGRAMS[version], "-w", _LOCK_S, "-S", chain), "", run)
    if done.returncode == 0:
        start = f"-A {chain} "
        return [line[len(start) :].strip() for line in done.stdout.splitlines() if line.startswith(start)]
    if chain == "INPUT" or done.returncode != 1:
        raise RuleError(f"{PROGRAMS[version]} -S {chain}: {_first_line(done)}")
    return None


def _call(words: Sequence[str], text: str, run: Run) -> subprocess.CompletedProcess[str]:
    try:
        return run(words, text)
    except (OSError, subprocess.SubprocessError) as error:
        raise RuleError(f"{words[0]}: {error}") from error


def _first_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[0] if lines else f"exit {done.returncode}"
