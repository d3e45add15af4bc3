"""Lifts bans of a jail that came before their address was protected: fail2ban's ticket, and the element."""

from __future__ import annotations

import logging
from typing import Any

from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.tickets import BanList, is_of_root
from ideolab_f2b.kernel.ipset.element import Key, network_of

_log = logging.getLogger("fail2ban.ideolab-ban")


def lift_bans(jail: Any, bans: BanList, protected: Protected, after: str, *, with_roots: bool) -> None:
    """Unban what covers a protected address; `after` says what has happened.

    Without `with_roots`, bans that root has ordered stay: a login must not undo an order of root's, which may
    be meant for the one who logs in. What fails is logged, and the other bans are lifted.
    """
    for key, ticket in bans.tickets().items():
        if protected.admits(*key) or (is_of_root(ticket) and not with_roots):
            continue
        try:
            _lift(jail, bans, key, ticket, protected, after)
        except Exception as error:
            _log.error("[%s] Unban after %s: %s stays banned: %r", jail.name, after, network_of(key), error)


def _lift(jail: Any, bans: BanList, key: Key, ticket: Any, protected: Protected, after: str) -> None:
    why = protected.refusal(network_of(key))
    # a jail that stops keeps its elements, and another thread may have lifted the ban
    if why is not None and bans.is_active and bans.holds(ticket):
        _log.warning("[%s] Unban after %s: %s", jail.name, after, why)
        unban(jail, str(ticket.getID()))


def unban(jail: Any, identity: str) -> None:
    """End a ban, if there is one, also while fail2ban's database fails.

    The database then keeps the ban. At the next start it is admitted anew, or refused.
    """
    try:
        jail.actions.removeBannedIP(identity, ifexists=True)
    except Exception as error:
        # the database comes first in there, and keeps fail2ban from its own list and from the actions
        _log.error("[%s] Unban %s: fail2ban's database: %r", jail.name, identity, error)
        jail.actions.removeBannedIP(identity, db=False, ifexists=True)
