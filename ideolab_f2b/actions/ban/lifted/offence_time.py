"""When the offence of a ticket was. Pure.

fail2ban reads whole seconds, rounds in its database, and takes an odd date for now: the date of the last line
is exact where the line is ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ideolab_f2b import logline

#: in a ticket's data, and so in fail2ban's database: the time by which the ticket was admitted
KEY = "offence_at"
#: seconds by which the database can be later than a ban
_ROUNDED_S = 0.5
#: 9999-12-31 00:00 UTC: a later date, which a line may claim in its zone, could not be written down
_LATEST = 253_402_214_400.0


class OffenceTime(NamedTuple):
    """Epoch seconds; not exact: somewhere within that second."""

    at: float
    is_exact: bool

    def is_until(self, moment: float) -> bool:
        """Whether it was at this moment or before; what is not exact was, when it can have been."""
        return self.at <= moment if self.is_exact else int(self.at) <= int(moment)


def read(ticket: Any) -> OffenceTime:
    """Return when the last offence of the ticket was."""
    noted = ticket.getData(KEY)
    if isinstance(noted, (int, float)):
        return OffenceTime(float(noted), True)
    lines = ticket.getMatches()
    dated = logline.read_date(lines[-1]) if lines else None
    if dated is not None:
        dated = min(dated, _LATEST)
        return OffenceTime(dated, dated != int(dated))
    at = ticket.getTime()
    if ticket.restored:
        return OffenceTime(at - _ROUNDED_S, True)
    return OffenceTime(at, at != int(at))


def note(ticket: Any, at: float) -> None:
    """Write the time into the ticket, in whose database row it outlives a restart."""
    ticket.setData(KEY, at)
