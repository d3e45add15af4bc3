"""Checks the kernel: the sets of the jails, the DROP rules, and that sockets can be closed."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.names import LIST, family_sets
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.kernel.netlink import KernelError, PermissionDeniedError
from ideolab_f2b.kernel.sockets import destroy as sock_destroy
from ideolab_f2b.places import ACTION, ALL_JAILS, restart

#: the share of a set that may be full: a full one bans nobody any more
FULL = 0.8


def sets(_settings: Settings) -> Iterator[Verdict]:
    """Check that each running jail has its two sets, in the list that the rules match."""
    try:
        names = _names()
        with contextlib.closing(Sets()) as kernel:
            members = _members(kernel)
            for name in names:
                yield judge_set(name, _header(kernel, name), members)
    except PermissionDeniedError as error:
        yield unknown("sets", str(error))
    except KernelError as error:
        yield wrong("sets", str(error), error.way_out)
    except fail2ban_client.ServerDownError:
        yield unknown("sets", "this needs fail2ban, which is down", restart("fail2ban"))
    except fail2ban_client.ClientError as error:
        yield unknown("sets", f"this needs fail2ban: {error}")


def _names() -> list[str]:
    """Return the sets of the jails that run, as their actions name them."""
    stats = [
        fail2ban_client.stats(jail, ACTION) or {}
        for jail in sorted(ALL_JAILS.keys() & fail2ban_client.jails())
    ]
    return [name for one in stats if one.get("set") for name in family_sets(one["set"]).values()]


def _members(kernel: Sets) -> list[str]:
    try:
        return kernel.members(LIST)
    except SetMissingError:
        return []


def _header(kernel: Sets, name: str) -> Optional[SetHeader]:
    try:
        header = kernel.header(name)
    except SetMissingError:
        return None
    if header.elements is None:
        # kernels before 4.9 do not count
        header = header._replace(elements=sum(1 for _element in kernel.elements(name)))
    return header


def judge_set(name: str, header: Optional[SetHeader], members: Collection[str]) -> Verdict:
    """Return the verdict on a set from its header; None = the set does not exist. Pure."""
    check = f"set {name}"
    if header is None:
        return wrong(check, "does not exist: its jail bans nobody", "fail2ban-client reload")
    if name not in members:
        return wrong(check, f"is not in {LIST}: its bans drop nothing", "fail2ban-client reload")
    held = header.elements or 0
    if held >= FULL * header.maxelem:
        return wrong(
            check,
            f"is nearly full: {held} of {header.maxelem}",
            f"set a larger maxelem in action = {ACTION}.py[...] in /etc/fail2ban/jail.d/ideolab.local",
        )
    return ok(check, f"{held} of {header.maxelem} elements, in {LIST}")


def rules(_settings: Settings) -> Iterator[Verdict]:
    """Check that the DROP rule is the first one wherever packets come in."""
    for version, program in rule.PROGRAMS.items():
        for chain in rule.CHAINS:
            verdict = _check_rule(version, program, chain)
            if verdict is not None:
                yield verdict


def _check_rule(version: int, program: str, chain: str) -> Optional[Verdict]:
    check = f"rule {program} {chain}"
    try:
        done = rule.run((program, "-w", "5", "-S", chain))
    except rule.RuleError as error:
        return wrong(check, str(error), "apt-get install iptables")
    if done.returncode == 0:
        return judge_rules(check, done.stdout.splitlines(), chain)
    if chain != "INPUT":
        # there is no such chain without Docker
        return None
    if version == 6 and not rule.has_ipv6():
        return ok(check, "IPv6 is disabled")
    reason = " ".join((done.stderr or done.stdout).split())
    return (
        unknown(check, reason)
        if "root" in reason or "Permission" in reason
        else wrong(check, reason, "modprobe ip_tables")
    )


def judge_rules(check: str, lines: Sequence[str], chain: str) -> Verdict:
    """Return the verdict on the DROP rule from the lines of `iptables -S CHAIN`. Pure."""
    ours = f"-A {chain} {rule.SPEC}"
    found = [line.strip() for line in lines if line.startswith("-A ")]
    if ours not in found:
        return wrong(check, f"no rule drops what is in {LIST}", "fail2ban-client reload")
    before = found[: found.index(ours)]
    if not before:
        return ok(check, "the DROP rule is the first rule")
    accepts = next((line for line in before if line.endswith("-j ACCEPT")), None)
    what = (
        f"behind {accepts!r}, which accepts packets of banned clients"
        if accepts
        else f"behind {len(before)} other rules"
    )
    return wrong(check, f"the DROP rule is {what}", "fail2ban-client reload")


def destroy(_settings: Settings) -> Iterator[Verdict]:
    """Check that the sockets of a banned peer can be closed."""
    try:
        sock_destroy.probe_destroy()
    except PermissionDeniedError as error:
        yield unknown("sockets", str(error))
    except KernelError as error:
        yield wrong("sockets", str(error), error.way_out)
    else:
        yield ok("sockets", "the sockets of a banned peer can be closed (INET_DIAG_DESTROY)")
