"""Lifts bans of a jail that came before their address was protected: fail2ban's ticket, and the element."""

from __future__ import annotations

import logging
from typing import Any

from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.tickets import BanList
from ideolab_f2b.kernel.ipset.element import network_of

_log = logging.getLogger("fail2ban.ideolab-ban")


def lift_bans(jail: Any, protected: Protected, after: str, *, with_roots: bool) -> None:
    """Unban what covers a protected address; `after` says what has happened.

    Without `with_roots`, bans that root has ordered stay: a login must not undo an order of root's, which may
    be meant for the one who logs in.
    """
    bans = BanList(jail)
    for key, ticket in bans.tickets().items():
        if protected.admits(*key) or (ticket.getData("root") and not with_roots):
            continue
        why = protected.refusal(network_of(key))
        # a jail that stops keeps its elements, and another thread may have lifted the ban
        if why is not None and bans.is_active and bans.holds(ticket):
            _log.warning("[%s] Unban after %s: %s", jail.name, after, why)
            jail.actions.removeBannedIP(str(ticket.getID()), ifexists=True)
