"""What is left of a ban when fail2ban restores it, as fail2ban itself works it out. Pure."""

from __future__ import annotations

from typing import Optional

from ideolab_f2b.actions import ttl
from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot.database import StoredBan

#: what an upgrade from fail2ban 0.10 has written: the jail's own time
_UNKNOWN = -2


def find_timeout(ban: StoredBan, jail: JailRecord, now: float) -> Optional[int]:
    """Return the timeout of the element, 0 for ever; None for a ban that fail2ban does not restore.

    A clock that is behind, as on a board without a battery, makes no ban longer than it was.
    """
    if not jail.is_increasing and jail.bantime >= 0 and ban.since <= now - jail.bantime:
        return None
    bantime = _correct(ban.bantime, jail)
    since = min(ban.since, now)
    if bantime >= 0 and since + bantime <= now:
        return None
    return ttl.timeout(since, bantime, now)


def _correct(bantime: float, jail: JailRecord) -> float:
    """Return the time of a ban that is restored: it is not longer than the jail's longest."""
    if bantime == _UNKNOWN:
        return jail.bantime
    is_longer = bantime < 0 or bantime > jail.longest
    # fail2ban takes 0 for no limit too
    return jail.longest if jail.longest > 0 and is_longer else bantime
