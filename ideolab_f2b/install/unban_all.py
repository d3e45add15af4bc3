"""Takes the pack's bans out: of fail2ban and its database, then rules and sets out of the kernel."""

from __future__ import annotations

import contextlib
import errno

from ideolab_f2b import fail2ban_client
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall import orphans, rule
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets, find_in_kernel
from ideolab_f2b.firewall.names import LIST, LISTS
from ideolab_f2b.firewall.saved import rules as saved
from ideolab_f2b.geo.rule import metrics
from ideolab_f2b.geo.rule.in_force import CountryFirewall
from ideolab_f2b.geo.rule.state import LOCK
from ideolab_f2b.install.place import Say
from ideolab_f2b.kernel.ipset.error import SetBusyError, SetMissingError
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
    """Remove the DROP rules of each backend; RuleError for IPv4 when it fails."""
    for backend in find_in_kernel():
        for version in rule.PROGRAMS:
            with contextlib.suppress(rule.RuleError) if version == 6 else contextlib.nullcontext():
                backend.remove_all(version)
                backend.drop_ports(version)
        say(f"removed  the rules that match {LIST} ({backend.name})")


def drop_country_list(say: Say) -> None:
    """Take the country list with its rules and sets out of the kernel, and what is remembered of it."""
    held = CountryFirewall(Settings()).remove().text
    LOCK.unlink(missing_ok=True)
    metrics.withdraw(Settings())
    if held:
        say(f"removed  the country list from {held}")


def tell_saved_rules() -> str:
    """Return which files hold our rule, without which the host has no firewall, and the commands; or ""."""
    found = saved.find().rules
    if not found:
        return ""
    files = ", ".join(dict.fromkeys(str(one.path) for one in found))
    commands = "; ".join(one.mend for one in found)
    return (
        f"{files}: without the pack nothing of a saved firewall that holds our rule is loaded at the next"
        f" boot, and this host has no firewall then; this takes the rule out: {commands}"
    )


def require_no_saved_rule() -> None:
    """RuleError names the files that hold our rule."""
    told = tell_saved_rules()
    if told:
        raise rule.RuleError(told)


def drop_sets(say: Say) -> None:
    """Destroy the list of sets and all sets of the pack.

    SetBusyError names those that something else uses: they are emptied, and the others are gone.
    """
    busy = []
    # of a version before there may be sets of ipset in no list
    for backend in {BACKENDS["ipset"], *find_in_kernel()}:
        with contextlib.suppress(ModuleMissingError), contextlib.closing(backend.open()) as sets:
            busy += _drop_sets(sets, say)
        backend.release()
    if busy:
        raise SetBusyError(
            errno.EBUSY, f"destroy {', '.join(busy)}", "a rule or a list of yours uses it; emptied"
        )


def _drop_sets(sets: KernelSets, say: Say) -> list[str]:
    """Destroy what is ours in a backend; which sets something else uses."""
    # the list first: what it refers to cannot be destroyed; an admin may have given a set another name
    there = sets.names()
    members = {name for list_name in LISTS for name in orphans.members(sets, list_name)}
    # nf_tables has a table of ours alone: whatever is in it goes
    strays = {name for name in there if name.startswith("ideolab_") or sets.backend != "ipset"}
    ours = sorted({*members, *strays} - {*LISTS})
    lists = [name for name in LISTS if name in there]
    busy = [name for name in (*lists, *ours) if not _is_destroyed(sets, name)]
    gone = [name for name in (*lists, *ours) if name not in busy]
    if ours and gone:
        say(f"removed  the sets {', '.join(gone)}")
    return busy


def _is_destroyed(sets: KernelSets, name: str) -> bool:
    """Destroy a set, or empty it when something else uses it; whether it is gone."""
    with contextlib.suppress(SetMissingError):
        # of the list too: what it refers to cannot be destroyed
        sets.flush(name)
        try:
            sets.destroy(name)
        except SetBusyError:
            return False
    return True
