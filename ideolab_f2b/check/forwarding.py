"""Checks that what this host forwards, as to containers, meets the DROP rule: it never comes to INPUT."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall import rule

#: a rule for a few packets only is no way to the next chain for the others
_JUMP = re.compile(r"-A \S+ -j (\S+)")
_SWITCHES = {4: "/proc/sys/net/ipv4/conf", 6: "/proc/sys/net/ipv6/conf"}
_TABLES = ("filter", "nat")
#: what legacy tables are there; to list others would load them
_LEGACY_TABLES = {4: "net/ip_tables_names", 6: "net/ip6_tables_names"}
#: iptables -t nat -S, and nft list ruleset
_PUBLISHED = re.compile(r"-j DNAT\b|\bdnat (?:ip6? )?to\b|xt target \"DNAT\"")
#: chains that a packet can go through before ours
_DEPTH = 8


class Tables(NamedTuple):
    """What one iptables holds for a family: {chain: its rules} of the filter table."""

    program: str
    chains: Mapping[str, Sequence[str]]

    def drops_first(self, chain: str = "FORWARD", depth: int = _DEPTH) -> bool:
        """Whether every packet that comes to the chain meets our rule before any other."""
        first = next(iter(self.chains.get(chain, ())), "")
        jump = _JUMP.fullmatch(first)
        is_ours = first == f"-A {chain} {rule.SPEC}"
        return is_ours or bool(jump and depth and self.drops_first(jump[1], depth - 1))


class Forwarded(NamedTuple):
    """What is known of the forwarded packets of a family; `published`: a port goes on to a container."""

    tables: Sequence[Tables]
    published: Optional[str] = None
    #: why something could not be read
    unread: str = ""


def forwarding(_settings: Settings) -> Iterator[Verdict]:
    """Check each family of which this host forwards packets, or of which it hands ports on."""
    for version, directory in _SWITCHES.items():
        yield judge(version, look(version), forwards=_forwards(Path(directory)))


def _forwards(directory: Path) -> bool:
    """Return whether any interface forwards: each has a switch of its own beside that for all."""
    return any(_read(path) not in ("0", None) for path in directory.glob("*/forwarding"))


def _read(path: Path) -> Optional[str]:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def look(version: int) -> Forwarded:
    """Read the chains of both iptables, and what nft says of published ports."""
    tables, texts, unread = [], [], []
    for program, names in _programs(version).items():
        try:
            tables.append(Tables(program, _chains(_list(program, "filter"))))
            if "nat" in names:
                texts.append((program, _list(program, "nat")))
        except (rule.RuleError, OSError, subprocess.SubprocessError) as error:
            unread.append(str(error))
    try:
        texts.append(("nft", _list_ruleset(version)))
    except (rule.RuleError, OSError, subprocess.SubprocessError) as error:
        unread.append(str(error))
    published = next((name for name, text in texts if _PUBLISHED.search(text)), None)
    return Forwarded(tables, published, "; ".join(unread))


def _programs(version: int) -> dict[str, tuple[str, ...]]:
    """Return {program: its tables that are worth a look}; one program where there are no variants."""
    base = rule.PROGRAMS[version]
    legacy = tuple((_read(Path("/proc") / _LEGACY_TABLES[version]) or "").split())
    variants = {f"{base}-nft": _TABLES, f"{base}-legacy": legacy}
    found = {name: tables for name, tables in variants.items() if tables and _is_installed(name)}
    return found or {base: _TABLES}


def _is_installed(program: str) -> bool:
    return shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin") is not None


def _list(program: str, table: str) -> str:
    done = rule.run((program, "-w", "5", "-t", table, "-S"))
    if done.returncode:
        raise rule.RuleError(
            f"{program} -t {table} -S: {' '.join((done.stderr or done.stdout).split())[:200]}"
        )
    return done.stdout


def _chains(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if words[:1] in (["-P"], ["-N"]):
            found.setdefault(words[1], [])
        elif words[:1] == ["-A"]:
            found.setdefault(words[1], []).append(line.strip())
    return found


def _list_ruleset(version: int) -> str:
    """Return what nft lists of a family without the elements of sets; RuleError when it does not."""
    families = ("inet", "ip" if version == 4 else "ip6")
    text = ""
    for family in families:
        try:
            done = rule.run(("nft", "--terse", "list", "ruleset", family))
        except rule.RuleError:
            raise rule.RuleError("nft is not installed") from None
        if done.returncode:
            # nft 1.0.6 of Debian 12 crashes on tables of a newer one
            reason = " ".join(done.stderr.split())[:200] or f"ends with {done.returncode}"
            raise rule.RuleError(f"nft list ruleset: {reason}")
        text += done.stdout
    return text


def judge(version: int, seen: Forwarded, *, forwards: bool) -> Verdict:
    """Return the verdict on the forwarded packets of a family; a packet meets the chains of each. Pure."""
    check = f"rule {rule.PROGRAMS[version]} FORWARD"
    first = next((one for one in seen.tables if one.drops_first()), None)
    if first is not None:
        return ok(check, f"forwarded packets meet the DROP rule first ({first.program})")
    docker = next((one for one in seen.tables if "DOCKER-USER" in one.chains), None)
    if docker is not None:
        return wrong(check, f"{docker.program} has DOCKER-USER, and {_way(docker)}", _mend(docker))
    mend = f"{rule.PROGRAMS[version]} -I FORWARD 1 {rule.SPEC} (docs/install.md#forwarded-packets)"
    if seen.published is not None:
        what = f"{seen.published} hands ports on to containers or other hosts, past the DROP rule"
        return wrong(check, what, mend)
    if not forwards:
        return ok(check, "this host forwards no packets")
    if seen.unread:
        return unknown(check, f"this host forwards packets, perhaps to containers: {seen.unread}", mend)
    return unknown(check, "this host forwards packets, and no rule there drops what is banned", mend)


def _is_called_first(docker: Tables) -> bool:
    return next(iter(docker.chains.get("FORWARD", ())), "") == "-A FORWARD -j DOCKER-USER"


def _way(docker: Tables) -> str:
    if _is_called_first(docker):
        return "the DROP rule is not the first one there"
    return "packets come to containers past it: FORWARD does not begin with it"


def _mend(docker: Tables) -> str:
    chain = "DOCKER-USER" if _is_called_first(docker) else "FORWARD"
    return f"{docker.program} -I {chain} 1 {rule.SPEC} (docs/install.md#forwarded-packets)"
