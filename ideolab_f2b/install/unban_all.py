"""Takes the pack's bans out: of fail2ban and its database, then rules and sets out of the kernel."""

from __future__ import annotations

import contextlib

from ideolab_f2b import fail2ban_client
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.names import LIST
from ideolab_f2b.install.place import Say
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.kernel.netlink import ModuleMissingError
from ideolab_f2b.places import ALL_JAILS


def stop_jails(say: Say) -> None:
    """Stop our jails and lift their bans, which would come back from fail2ban's database otherwise."""
    if not fail2ban_client.is_up():
        return
    for jail in sorted(ALL_JAILS.keys() & fail2ban_client.jails()):
        fail2ban_client.ask("reload", "--unban", jail)
        fail2ban_client.ask("stop", jail)
        say(f"stopped  jail {jail}")


def drop_rules(say: Say) -> None:
    """Remove the DROP rules; RuleError for IPv4 when iptables fails."""
    for version in rule.PROGRAMS:
        with contextlib.suppress(rule.RuleError) if version == 6 else contextlib.nullcontext():
            rule.remove(version)
    say(f"removed  the rules that match {LIST}")


def drop_sets(say: Say) -> None:
    """Destroy the list of sets and all sets of the pack."""
    try:
        sets = Sets()
    except ModuleMissingError:
        return
    with contextlib.closing(sets):
        # the list first: what it refers to cannot be destroyed; an admin may have given a set another name
        members = _members(sets)
        with contextlib.suppress(SetMissingError):
            sets.destroy(LIST)
        ours = sorted({*members, *(name for name in sets.names() if name.startswith("ideolab_"))})
        for name in ours:
            sets.destroy(name)
        if ours:
            say(f"removed  the sets {LIST}, {', '.join(ours)}")


def _members(sets: Sets) -> list[str]:
    try:
        return sets.members(LIST)
    except SetMissingError:
        return []
