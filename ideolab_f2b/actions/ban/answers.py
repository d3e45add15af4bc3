"""What the ban action says when it is asked through fail2ban's socket: one line of JSON for each question."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ideolab_f2b import __version__
from ideolab_f2b.actions.ban.admission import Admission
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.jail_firewall import JailFirewall
from ideolab_f2b.actions.ban.lifted.old_tickets import OldTickets
from ideolab_f2b.actions.ban.socket_closer import SocketCloser
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.actions.rule_hook import RULE_HOOK
from ideolab_f2b.actions.tickets import BanList
from ideolab_f2b.firewall.names import FAMILIES
from ideolab_f2b.kernel.ipset.element import text_of

#: entries of the list of who is protected in one answer: fail2ban's socket and a reader take so much
_LISTED_LIMIT = 500
#: sentences of each kind about the lists in the same answer
_TROUBLES_LIMIT = 20
_SSH_OFF = "ssh_ports = none: SSH sessions protect nobody"


def stats(
    counts: BanCounts,
    options: Options,
    firewall: JailFirewall,
    old_tickets: OldTickets,
    closer: SocketCloser,
    reconcile: Mapping[str, object],
    aggregate: Mapping[str, object],
) -> str:
    """Return the counts and the state of each part."""
    told: dict[str, Any] = {**counts.counts(), "last_error": counts.last_error}
    told.update(set=options.set, maxelem=options.maxelem, repaired=firewall.repaired)
    told["rules"] = {FAMILIES[version]: state for version, state in firewall.rules.items()}
    told["hook"] = RULE_HOOK.choose()
    told["backend"] = firewall.backend.name
    told["lifted"] = old_tickets.stats()
    told["closer"] = closer.stats()
    told["keeper"] = reconcile
    told["aggregate"] = aggregate
    # of the code that this server has loaded, which may be older than what is installed
    told["version"] = __version__
    return json.dumps(told, sort_keys=True)


def bans(options: Options, ban_list: BanList, backend: str) -> str:
    """Return the bans of the jail, its set, what holds it, and which ports are dropped (null = all)."""
    rows, queued = ban_list.rows(), ban_list.is_queued
    held = ban_list.by_as().items()
    prefixes = {name: None if keys is None else list(map(text_of, keys)) for name, keys in held}
    scope = options.port_scope
    ports = None if scope is None else str(scope)
    told = {"set": options.set, "backend": backend, "queued": queued, "ports": ports, "bans": rows}
    return json.dumps({**told, "prefixes": prefixes} if options.tickets == "as" else told)


def examine(admission: Admission, words: Iterable[object]) -> str:
    """Return for each word its name, its networks as text, and why it is refused; see docs/asn.md."""
    return json.dumps([admission.examine(str(word))._asdict() for word in words])


def protection(options: Options, spared: Protected) -> str:
    """Return who is not banned and why, what is wrong with the lists, and what is not known."""
    listed = spared.list_networks()
    rows = [[item.text, item.what] for item in listed[:_LISTED_LIMIT]]
    answer = {
        "listed": rows,
        "left_out": len(listed) - len(rows),
        "ssh_trouble": SESSIONS.trouble if options.ssh_ports != () else _SSH_OFF,
        "troubles": spared.troubles()[:_TROUBLES_LIMIT],
        "unknown": spared.unknown()[:_TROUBLES_LIMIT],
    }
    return json.dumps(answer)


def of_root(ban_list: BanList) -> str:
    """Return the list of what root has banned by hand."""
    return json.dumps(ban_list.of_root())
