"""Checks that what this host forwards, as to containers, meets the DROP rule: in raw, or in FORWARD."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Optional

from ideolab_f2b.bans import rule_hook, used_backends
from ideolab_f2b.check.containers.ways import SWITCHES, is_forwarding
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.position import drops_first, read_position
from ideolab_f2b.firewall.variants import list_programs
from ideolab_f2b.kernel.netlink import KernelError

#: the ban action puts the rule where these packets meet it
_MEND = "fail2ban-client reload (docs/install.md#forwarded-packets)"
_ERRORS = (rule.RuleError, OSError, subprocess.SubprocessError)
#: iptables -t nat -S, and nft list ruleset
_PUBLISHED = re.compile(r"-j DNAT\b|\bdnat (?:ip6? )?to\b|xt target \"DNAT\"")


class Tables(NamedTuple):
    """What one iptables holds for a family: {chain: its rules} of the filter table and of raw."""

    program: str
    chains: Mapping[str, Sequence[str]]
    raw: Mapping[str, Sequence[str]] = MappingProxyType({})

    def drops(self, chain: str, chains: Mapping[str, Sequence[str]]) -> bool:
        """Whether every packet that comes to a chain meets our rule before it can be accepted."""
        rules = chains.get(chain, ())
        # Docker's chain may have it in place of FORWARD
        is_first = bool(rules) and drops_first(rules[0], chains)
        return is_first or read_position(chain, rules, chains).is_effective


class Forwarded(NamedTuple):
    """What is known of the forwarded packets of a family; `published`: a port goes on to a container."""

    tables: Sequence[Tables]
    published: Optional[str] = None
    #: why something could not be read
    unread: str = ""
    #: all tables were read in which our rule may stand
    is_whole: bool = True


def forwarding(_settings: Settings) -> Iterator[Verdict]:
    """Check each family of which this host forwards packets, or of which it hands ports on."""
    dropping = {version: _find_table(version) for version in SWITCHES}
    for version, directory in SWITCHES.items():
        if dropping[version]:
            text = f"forwarded packets meet the rules before they are routed ({dropping[version]})"
            yield ok(f"forwarded IPv{version}", text)
        else:
            yield judge(version, look(version), forwards=is_forwarding([directory]))


def _find_table(version: int) -> str:
    """Return the table of nf_tables in which our rules see each packet of a family; "" where none does."""
    # what cannot be seen here the checks of sets and rules say
    with contextlib.suppress(KernelError, rule.RuleError):
        for backend in used_backends.find():
            if backend.name == "nft":
                placed = backend.look(version, rule_hook.find(version, backend)).positions
                if placed and all(one.is_effective for one in placed):
                    return backend.describe(version)
    return ""


def look(version: int) -> Forwarded:
    """Read the chains of both iptables, and what nft says of published ports."""
    tables, texts, unread, is_whole = [], [], [], True
    for program, names in list_programs(version).items():
        found: dict[str, str] = {}
        for name in names:
            try:
                found[name] = _list(program, name)
            except _ERRORS as error:
                unread.append(str(error))
                is_whole = is_whole and name == "nat"
        tables.append(Tables(program, *(_chains(found.get(name, "")) for name in ("filter", "raw"))))
        texts.append((program, found.get("nat", "")))
    try:
        texts.append(("nft", _list_ruleset(version)))
    except _ERRORS as error:
        unread.append(str(error))
    published = next((name for name, text in texts if _PUBLISHED.search(text)), None)
    return Forwarded(tables, published, "; ".join(unread), is_whole)


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
    check = f"forwarded IPv{version}"
    raw = next((one for one in seen.tables if one.drops("PREROUTING", one.raw)), None)
    if raw is not None:
        return ok(check, f"forwarded packets meet the DROP rule before they are routed ({raw.program})")
    first = next((one for one in seen.tables if one.drops("FORWARD", one.chains)), None)
    if first is not None:
        return ok(check, f"forwarded packets meet the DROP rule first ({first.program})")
    docker = next((one for one in seen.tables if "DOCKER-USER" in one.chains), None)
    if docker is None and seen.published is None and not forwards:
        return ok(check, "this host forwards no packets")
    if not seen.is_whole:
        # as while another program holds the lock of xtables
        text = f"whether forwarded packets meet the DROP rule is not seen: {seen.unread}"
        return unknown(check, text, "ideolab-f2b check")
    if docker is not None:
        return wrong(check, f"{docker.program} has DOCKER-USER, past the DROP rule", _MEND)
    if seen.published is not None:
        what = f"{seen.published} hands ports on to containers or other hosts, past the DROP rule"
        return wrong(check, what, _MEND)
    if seen.unread:
        return unknown(check, f"this host forwards packets, perhaps to containers: {seen.unread}", _MEND)
    return unknown(check, "this host forwards packets, and no rule there drops what is banned", _MEND)
