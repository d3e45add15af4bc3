"""Checks the kernel: the backend, the sets of the jails, the DROP rules, that sockets can be closed."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Optional

from ideolab_f2b import config, fail2ban_client
from ideolab_f2b.bans import rule_hook, used_backends
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall import backend as firewall_backend
from ideolab_f2b.firewall import orphans, rule
from ideolab_f2b.firewall.backend import Backend, KernelSets
from ideolab_f2b.firewall.chains import FALLBACK, HOOKS
from ideolab_f2b.firewall.names import LIST, LISTS, family_sets
from ideolab_f2b.firewall.position import Position
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.netlink import KernelError, PermissionDeniedError
from ideolab_f2b.kernel.sockets import destroy as sock_destroy
from ideolab_f2b.places import ACTION, install_command, restart

#: the share of a set that may be full: a full one bans nobody any more
FULL = 0.8
_BACKEND = "backend"
_RELOAD = "fail2ban-client reload"
_RAW_MODULES = {4: "iptable_raw", 6: "ip6table_raw"}


def backend(settings: Settings) -> Iterator[Verdict]:
    """Check the backend of the settings against what the jails use and what works here."""
    wanted = settings.firewall.backend
    problems = {name: one.find_problem() for name, one in firewall_backend.BACKENDS.items()}
    used: Optional[set[str]] = None
    trouble = ""
    try:
        used = {each.backend.name for each in used_backends.ask()}
    except fail2ban_client.ClientError as error:
        trouble = str(error)
    yield judge_backend(wanted, firewall_backend.choose(wanted).name, problems, used, trouble)


def judge_backend(
    wanted: str, chosen: str, problems: Mapping[str, str], used: Optional[Collection[str]], trouble: str = ""
) -> Verdict:
    """Return the verdict; `problems` says of each backend why it cannot work, "" where it can. Pure."""
    if problems[chosen]:
        return _judge_problem(wanted, chosen, problems)
    why = _explain(wanted, chosen, problems)
    if used is None:
        text = f"{chosen} ({why}); whether the jails have it is not seen: {trouble}"
        return unknown(_BACKEND, text, restart("fail2ban"))
    others = sorted({*used} - {chosen})
    if others:
        text = f"{' and '.join(others)} for some jails, where the settings give {chosen} ({why})"
        return unknown(_BACKEND, f"{text}: by an option of theirs, or they have not seen it yet", _RELOAD)
    return ok(_BACKEND, f"{chosen} holds the bans ({why})")


def _explain(wanted: str, chosen: str, problems: Mapping[str, str]) -> str:
    if wanted != firewall_backend.AUTO:
        return f"backend = {wanted}"
    others = [f"{name} does not work here: {text}" for name, text in problems.items() if text]
    there = "iptables and ipset are installed" if chosen == "ipset" else "; ".join(others)
    return f"backend = {firewall_backend.AUTO}: {there}"


def _judge_problem(wanted: str, chosen: str, problems: Mapping[str, str]) -> Verdict:
    problem = problems[chosen]
    if "ermission" in problem or "not permitted" in problem or "root" in problem:
        return unknown(_BACKEND, f"{chosen}: {problem}")
    install = install_command("iptables", "ipset")
    working = [name for name, text in problems.items() if not text]
    if working:
        change = f"backend = {working[0]} below [firewall] in {config.DEFAULT_PATH}"
        return wrong(_BACKEND, f"backend = {wanted}, and {chosen} cannot work: {problem}", change)
    said = "; ".join(f"{name}: {text}" for name, text in problems.items())
    return wrong(_BACKEND, f"no backend can work, and nobody is banned: {said}", install)


def sets(_settings: Settings) -> Iterator[Verdict]:
    """Check that each running jail has its two sets, in the list that the rules match."""
    try:
        for backend, names in _names().items():
            with contextlib.closing(backend.open()) as kernel:
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


def _names() -> dict[Backend, list[str]]:
    """Return the sets of the jails that run, as their actions name them, by what holds them."""
    names: dict[Backend, list[str]] = {}
    for used in used_backends.ask():
        names.setdefault(used.backend, []).extend(family_sets(used.set).values())
    return names


def _members(kernel: KernelSets) -> list[str]:
    return [name for list_name in LISTS for name in orphans.members(kernel, list_name)]


def _header(kernel: KernelSets, name: str) -> Optional[SetHeader]:
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


def rules(settings: Settings) -> Iterator[Verdict]:
    """Check that the DROP rule stands before whatever may accept packets, wherever packets come in."""
    asked = rule_hook.ask()
    try:
        backends = used_backends.find() or [firewall_backend.choose(settings.firewall.backend)]
    except KernelError as error:
        yield unknown("rule", str(error), error.way_out)
        return
    for backend in backends:
        for version in rule.PROGRAMS:
            yield from _judge_family(backend, version, asked)


def _judge_family(backend: Backend, version: int, asked: Optional[str]) -> Iterator[Verdict]:
    program = backend.describe(version)
    hook = asked or rule_hook.find(version, backend)
    check = f"rule {program} {HOOKS[hook][0]}"
    try:
        placement = backend.look(version, hook)
    except rule.RuleUnseenError as error:
        yield unknown(check, str(error), "ideolab-f2b check")
    except rule.RuleError as error:
        yield _judge_error(check, version, str(error))
    except PermissionDeniedError as error:
        yield unknown(check, str(error))
    else:
        if placement.fallback:
            yield judge_fallback(version, placement.fallback)
        for position in placement.positions:
            yield judge_position(f"rule {program} {position.chain}", position)


def judge_fallback(version: int, reason: str) -> Verdict:
    """Return the verdict on a family that has no raw table, from what iptables says of it. Pure."""
    chains = ", ".join(HOOKS[FALLBACK])
    return unknown(
        f"rule {rule.PROGRAMS[version]}",
        f"it stands in {chains}, where other programs can put an accept in front: {reason}",
        f"modprobe {_RAW_MODULES[version]} (docs/ban.md#where-the-rule-stands)",
    )


def _judge_error(check: str, version: int, reason: str) -> Verdict:
    if version == 6 and not rule.has_ipv6():
        return ok(check, "IPv6 is disabled")
    if "root" in reason or "Permission" in reason:
        return unknown(check, reason)
    return wrong(
        check, reason, install_command("iptables") if "not installed" in reason else "modprobe ip_tables"
    )


def judge_position(check: str, found: Position) -> Verdict:
    """Return the verdict on the DROP rule from where it stands in a chain. Pure."""
    if not found.copies:
        return wrong(check, f"no rule drops what is in {LIST}", "fail2ban-client reload")
    if found.is_first:
        return ok(check, "the DROP rule is the first rule")
    if found.is_effective:
        return ok(check, f"the DROP rule is behind {found.before[0]!r}, which accepts no packet")
    return wrong(
        check,
        f"the DROP rule is behind {found.passes!r}, which may accept packets of banned clients",
        "fail2ban-client reload; if it comes back, let its program append its rules (docs/bans.md)",
    )


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
